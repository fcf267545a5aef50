// Days, months and quarters in the format of the API, in UTC.

export const day = (moment: Date) => moment.toISOString().slice(0, 10);

export function daysBefore(moment: Date, days: number): Date {
  return new Date(moment.getTime() - days * 86_400_000);
}

/** The month `months` after a date: `2026-05`. */
export function month(moment: Date, months = 0): string {
  return new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + months)).toISOString().slice(0, 7);
}

/** The quarter `quarters` after a date: `2026-Q3`. */
export function quarter(moment: Date, quarters = 0): string {
  const index = moment.getUTCFullYear() * 4 + Math.floor(moment.getUTCMonth() / 3) + quarters;
  return `${Math.floor(index / 4)}-Q${(index % 4) + 1}`;
}

/** The first day after a month or quarter. */
export function endOf(period: string): Date {
  const [year, part] = period.split("-") as [string, string];
  const monthAfter = part.startsWith("Q") ? Number(part.slice(1)) * 3 : Number(part);
  return new Date(Date.UTC(Number(year), monthAfter));
}

/** A period as text: `Apr 2026` or `Q3 2026`. */
export function formatPeriod(period: string): string {
  if (period.includes("Q")) return period.split("-").reverse().join(" ");
  const format = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });
  return format.format(new Date(`${period}-01T00:00:00Z`));
}
