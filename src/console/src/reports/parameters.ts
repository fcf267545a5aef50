// The options of a report: what they are unless told, and the variables that follow from them.
import reports from "#reports";
import { day, daysBefore, endOf, month, quarter } from "../shell/periods.ts";

export type Report = (typeof reports)[number];
export const REPORTS: Report[] = reports;

export type Values = Record<string, string>;
export type Kind = "choice" | "month" | "quarter" | "date" | "instant" | "resource" | "number";

const CHOICES = ["pod", "workspace", "organization", "request"];

/** The GraphQL type of a variable, as the document declares it. */
const declared = (report: Report, variable: string) => new RegExp(`\\$${variable}: (\\w+)`).exec(report.document)?.[1];

export function kindOf(report: Report, option: string): Kind {
  if (CHOICES.includes(option)) return "choice";
  const named: Record<string, Kind> = { quarter: "quarter", until: "date", "resource-type": "resource", threshold: "number", "due-before": "instant" };
  return named[option] ?? (declared(report, option) === "Period" ? "month" : "date");
}

/** What stands in the field of an option: a moment is in the reader's own zone there, `2026-05-14T18:00`. */
export function typed(kind: Kind, value: string): string {
  if (kind !== "instant") return value;
  const moment = new Date(value);
  const here = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return Number.isNaN(here.getTime()) ? "" : here.toISOString().slice(0, 16);
}

/** What somebody means who has typed this. */
export const meant = (kind: Kind, text: string) => (kind === "instant" && text ? new Date(text).toISOString() : text);

/** What an option is unless told, as of a moment. */
function unlessTold(report: Report, option: string, at: Date): string {
  const days = report.name === "renewal-decision" ? 364 : 6;
  const values: Record<string, () => string> = {
    period: () => month(at, -1),
    quarter: () => quarter(at, 1),
    until: () => day(daysBefore(endOf(quarter(at, 1)), 1)),
    from: () => (kindOf(report, "from") === "month" ? month(at, -11) : day(daysBefore(at, days))),
    to: () => (kindOf(report, "to") === "month" ? month(at) : day(at)),
    threshold: () => "70",
    "resource-type": () => "TALENT_HOURS",
    "due-before": () => at.toISOString().slice(0, 19) + "Z",
  };
  return values[option]?.() ?? "";
}

export function valuesOf(report: Report, given: Values, at: Date): Values {
  return Object.fromEntries(report.parameters.map(({ option }) => [option, given[option] || unlessTold(report, option, at)]));
}

const midnight = (of: Date) => of.toISOString();

/** The variables of a report's document. */
export function variablesOf(report: Report, values: Values): Values {
  const filled = report.parameters.map(({ option, fills }): Values => {
    const value = values[option] ?? "";
    if (option === "period") {
      const end = endOf(value);
      return { period: value, from: `${value}-01`, to: day(daysBefore(end, 1)), start: `${value}-01T00:00:00Z`, end: midnight(end) };
    }
    return { [fills[0] ?? option]: option === "until" ? `${value}T23:59:59Z` : value };
  });
  return Object.assign({}, ...filled);
}
