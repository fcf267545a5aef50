// Formatted values as components.
import { Badge, Text, Tooltip, type MantineColor } from "@mantine/core";
import { useEffect, useState } from "react";
import { type Amount, date, day, decimal, duration, exactUtc, humanize, isInstant, minutes, money, NOTHING, seconds, utc } from "./format.ts";
import { now } from "./config.ts";

export function Money({ value, digits }: { value: Amount | null | undefined; digits?: number }) {
  return <span className="figure">{money(value, digits)}</span>;
}

interface DateTimeProps {
  at: string | null | undefined;
  /** Only the date. */
  short?: boolean;
  /** With seconds, and in the tooltip with all digits of the API. */
  exact?: boolean;
}

/** An instant in the browser's time zone, with UTC on hover and focus. */
export function DateTime({ at, short = false, exact = false }: DateTimeProps) {
  if (!at) return <span className="figure">{NOTHING}</span>;
  return (
    <Tooltip label={exact ? exactUtc(at) : utc(at)} events={{ hover: true, focus: true, touch: true }}>
      <time className="figure" dateTime={at}>
        {(short ? date : exact ? seconds : minutes).format(new Date(at))}
      </time>
    </Tooltip>
  );
}

export function Day({ on }: { on: string | null | undefined }) {
  return <span className="figure">{on ? day(on) : NOTHING}</span>;
}

/** A value of any type from an event. */
function Value({ value }: { value: unknown }) {
  if (isInstant(value)) return <DateTime at={value} exact />;
  if (typeof value === "object") return JSON.stringify(value);
  const text = String(value);
  if (/^-?\d+(\.\d+)?$/.test(text)) return decimal(text);
  return /^[A-Z]+(_[A-Z]+)+$|^[A-Z]{3,}$/.test(text) ? humanize(text) : text;
}

const isMissing = (value: unknown) => value === null || value === undefined;

/** A changed field: `StatusBadge: Active → Paused`, `StatusBadge: set to Active`, `Ends at: cleared`. */
export function FieldChange({ path, before, after }: { path: string; before: unknown; after: unknown }) {
  const name = <b>{humanize(path)}:</b>;
  if (isMissing(after)) return <>{name} cleared</>;
  if (isMissing(before)) return <>{name} set to <Value value={after} /></>;
  return <>{name} <Value value={before} /> → <Value value={after} /></>;
}

/** Time until a deadline, updated every second. */
export function Countdown({ due }: { due: string }) {
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

/** A status as a coloured badge; a status that needs a decision is amber. */
export function StatusBadge({ of, label }: { of: string; label?: string }) {
  return (
    <Badge variant="light" color={COLORS[of] ?? "orange"} tt="none" className="status">
      {label ?? humanize(of)}
    </Badge>
  );
}
