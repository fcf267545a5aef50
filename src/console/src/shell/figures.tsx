// Figures as people read them. Decimals arrive as text and stay exact: they are never floats here.
import { Badge, Text, Tooltip, type MantineColor } from "@mantine/core";
import { useEffect, useState } from "react";
import { now } from "./situation.ts";

const LOCALE = "en-GB";
const NOTHING = "–";

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

export function Money({ value, digits }: { value: Amount | null | undefined; digits?: number }) {
  return <span className="figure">{money(value, digits)}</span>;
}

/** `1 pod`, `2 pods`. */
export const counted = (count: number, what: string) => `${decimal(count)} ${what}${count === 1 ? "" : "s"}`;

export const percent = (value: string | null | undefined) => (value == null ? NOTHING : `${decimal(value, 1)} %`);

const SHORT = /\b(api|id|ods|pm|qa|sla)\b/g;

/** `hours_per_week` and `HOURS_PER_WEEK` as `hours per week`. */
export function words(name: string): string {
  const said = name.replace(/[_.]/g, " ").toLowerCase().replace(SHORT, (letters) => letters.toUpperCase());
  return said.charAt(0).toUpperCase() + said.slice(1);
}

const minutes = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });
const seconds = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "medium" });
const date = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium" });
const civil = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeZone: "UTC" });
const ofYear = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", timeZone: "UTC" });

const utc = (at: string) => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
const exactUtc = (at: string) => at.replace("T", " ").replace(/Z|\+00:00/, " UTC");

interface Shown {
  at: string | null | undefined;
  /** The day alone. */
  short?: boolean;
  /** To the second, and in UTC as exactly as it was told. */
  exact?: boolean;
}

/** An instant in the reader's own zone, as text. */
export const moment = (at: string) => minutes.format(new Date(at));

/** An instant in the reader's own zone, with UTC on hover and focus. */
export function Moment({ at, short = false, exact = false }: Shown) {
  if (!at) return <span className="figure">{NOTHING}</span>;
  return (
    <Tooltip label={exact ? exactUtc(at) : utc(at)} events={{ hover: true, focus: true, touch: true }}>
      <time className="figure" dateTime={at}>
        {(short ? date : exact ? seconds : minutes).format(new Date(at))}
      </time>
    </Tooltip>
  );
}

/** A calendar day, which is the same in every zone: `1 Sept 2026`. */
export const day = (on: string) => civil.format(new Date(on));

/** A calendar day where the year is known: `1 Sept`. */
export const dayOfYear = (on: string) => ofYear.format(new Date(on));

export function Day({ on }: { on: string | null | undefined }) {
  return <span className="figure">{on ? day(on) : NOTHING}</span>;
}

export const isInstant = (value: unknown): value is string => /^\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)$/.test(String(value));

/** A value of any kind, as an event tells it. */
export function Told({ value }: { value: unknown }) {
  if (value === null || value === undefined) return "nothing";
  if (isInstant(value)) return <Moment at={value} exact />;
  if (typeof value === "object") return JSON.stringify(value);
  const text = String(value);
  if (/^-?\d+(\.\d+)?$/.test(text)) return decimal(text);
  return /^[A-Z]+(_[A-Z]+)+$|^[A-Z]{3,}$/.test(text) ? words(text) : text;
}

const UNITS: [number, string][] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
];

export function duration(seconds: number): string {
  for (const [size, unit] of UNITS) if (seconds >= size * (unit === "d" ? 2 : 1)) return `${Math.floor(seconds / size)} ${unit}`;
  return `${Math.max(0, Math.floor(seconds))} s`;
}

/** How far a deadline is, counted on while one looks. */
export function Clock({ due }: { due: string }) {
  const [at, setAt] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => setAt(now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = (Date.parse(due) - at.getTime()) / 1000;
  return (
    <Tooltip label={utc(due)}>
      <Text span c={left < 0 ? "red" : undefined} className="figure" fz="inherit" fw={left < 3600 ? 600 : undefined}>
        {left < 0 ? `${duration(-left)} late` : `${duration(left)} left`}
      </Text>
    </Tooltip>
  );
}

const GOOD = ["ACTIVE", "MET", "ACCEPTED", "PAID", "RESOLVED", "COMPLETED", "PUBLISHED", "GREEN", "LOW", "CLOSED"];
const BUSY = ["IN_PROGRESS", "SCOPED", "ACKNOWLEDGED", "OPEN", "SCHEDULED", "PLANNED", "SCOPING", "DRAFT"];
const BAD = ["BREACHED", "REJECTED", "OVERDUE", "RED", "HIGH", "P1", "P2", "URGENT", "TERMINATED"];
const COLORS: Record<string, MantineColor> = Object.fromEntries([
  ...GOOD.map((status) => [status, "teal"]),
  ...BUSY.map((status) => [status, "blue"]),
  ...BAD.map((status) => [status, "red"]),
  ...["CANCELLED", "VOID"].map((status) => [status, "gray"]),
]);

/** A status in a word and a colour; what waits for somebody is amber. */
export function Status({ of, label }: { of: string; label?: string }) {
  return (
    <Badge variant="light" color={COLORS[of] ?? "orange"} tt="none" className="status">
      {label ?? words(of)}
    </Badge>
  );
}
