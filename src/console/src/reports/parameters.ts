// The options of a report: default values, and the variables of its query.
import reports from "#reports";
import { day, daysBefore, endOf, month, quarter } from "../shell/periods.ts";

export type Report = (typeof reports)[number];
export const REPORTS: Report[] = reports;

export type Values = Record<string, string>;
export type Kind = "choice" | "month" | "quarter" | "date" | "instant" | "resource" | "number";

const CHOICES = ["pod", "workspace", "organization", "request"];

/** The GraphQL type of a variable. */
const variableType = (report: Report, variable: string) => new RegExp(`\\$${variable}: (\\w+)`).exec(report.document)?.[1];

export function kindOf(report: Report, option: string): Kind {
  if (CHOICES.includes(option)) return "choice";
  const named: Record<string, Kind> = { quarter: "quarter", until: "date", "resource-type": "resource", threshold: "number", "due-before": "instant" };
  return named[option] ?? (variableType(report, option) === "Period" ? "month" : "date");
}

/** The value of an option in its field; an instant is in the browser's time zone: `2026-05-14T18:00`. */
export function toFieldValue(kind: Kind, value: string): string {
  if (kind !== "instant") return value;
  const moment = new Date(value);
  const here = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return Number.isNaN(here.getTime()) ? "" : here.toISOString().slice(0, 16);
}

/** The value of an option from the text of its field. */
export const fromFieldValue = (kind: Kind, text: string) => (kind === "instant" && text ? new Date(text).toISOString() : text);

/** The default value of an option. */
function defaultValue(report: Report, option: string, at: Date): string {
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

export function valuesOf(report: Report, selected: Values, at: Date): Values {
  return Object.fromEntries(report.parameters.map(({ option }) => [option, selected[option] || defaultValue(report, option, at)]));
}

const midnight = (of: Date) => of.toISOString();

/** The variables of a report's document. */
export function variablesOf(report: Report, values: Values): Values {
  const variables = report.parameters.map(({ option, fills }): Values => {
    const value = values[option] ?? "";
    if (option === "period") {
      const end = endOf(value);
      return { period: value, from: `${value}-01`, to: day(daysBefore(end, 1)), start: `${value}-01T00:00:00Z`, end: midnight(end) };
    }
    return { [fills[0] ?? option]: option === "until" ? `${value}T23:59:59Z` : value };
  });
  return Object.assign({}, ...variables);
}
