// Text formatting without components. Decimals arrive as text and stay exact: they are never converted to floats.

const LOCALE = "en-GB";
export const NOTHING = "–";

type Decimal = `${number}`;

export function decimal(value: string | number | null | undefined, digits?: number): string {
  if (value === null || value === undefined) return NOTHING;
  const format = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: digits, maximumFractionDigits: digits ?? 2 });
  return format.format(String(value) as Decimal);
}

export interface Amount {
  amount: string;
  currency: string;
}

export function money(value: Amount | null | undefined, digits = 2): string {
  return value ? `${decimal(value.amount, digits)} ${value.currency}` : NOTHING;
}

/** A number with its noun: `1 pod`, `2 pods`, `3 people`. */
export function quantity(value: string | number, one: string, many = `${one}s`): string {
  return `${decimal(value)} ${Number(value) === 1 ? one : many}`;
}

/** A number with a unit of the API: `40 hours per week`, `1 hour per week`. */
export function withUnit(value: string | number, unit: string): string {
  const many = humanize(unit).toLowerCase();
  return quantity(value, many.replace(/s\b/, ""), many);
}

export const percent = (value: string | null | undefined) => (value == null ? NOTHING : `${decimal(value, 1)}%`);

const ACRONYMS = /\b(api|csv|gb|id|ods|pm|qa|sla|url)\b/g;

/** `hours_per_week` and `HOURS_PER_WEEK` as `Hours per week`. */
export function humanize(name: string): string {
  const phrase = name.replace(/[_.]/g, " ").toLowerCase().replace(ACRONYMS, (letters) => letters.toUpperCase());
  return phrase.charAt(0).toUpperCase() + phrase.slice(1);
}

export const minutes = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });
export const seconds = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "medium" });
export const date = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium" });
const civil = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeZone: "UTC" });
const ofYear = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", timeZone: "UTC" });

export const utc = (at: string) => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
export const exactUtc = (at: string) => at.replace("T", " ").replace(/Z|\+00:00/, " UTC");

/** An instant in the browser's time zone, as text. */
export const moment = (at: string) => minutes.format(new Date(at));

/** A calendar date, independent of the time zone: `1 Sept 2026`. */
export const day = (on: string) => civil.format(new Date(on));

/** A calendar date without its year: `1 Sept`. */
export const dayOfYear = (on: string) => ofYear.format(new Date(on));

export const isInstant = (value: unknown): value is string => /^\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)$/.test(String(value));

/** An event type as text: `ods.deliverable.submitted` as `Deliverable submitted`. */
export const eventName = (type: string) => humanize(type.replace(/^ods\./, ""));

/** Seconds from which a unit is used, seconds per unit, and the unit: days start at two. */
const UNITS: [number, number, string][] = [
  [172_800, 86_400, "day"],
  [3_600, 3_600, "hour"],
  [60, 60, "minute"],
];

export function duration(seconds: number): string {
  const [, size, unit] = UNITS.find(([from]) => seconds >= from) ?? [0, 1, "second"];
  return quantity(Math.max(0, Math.floor(seconds / size)), unit);
}

/** The status of a pod; a pod with an open proposal is pending confirmation, like a scope. */
export function podStatus({ status, proposal }: { status: string; proposal?: unknown }): string {
  return status === "SCOPING" && proposal ? "PENDING_CONFIRMATION" : status;
}
