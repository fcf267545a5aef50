// The result of a report: scalar values, tables, and the text of a cell.
import { type Amount, day, decimal, humanize, isInstant, moment, money } from "../shell/format.ts";
import { formatPeriod } from "../shell/periods.ts";

export type Result = { [name: string]: unknown };

const HIDDEN = new Set(["__typename", "cursor"]);

export const isObject = (value: unknown): value is Result => typeof value === "object" && value !== null && !Array.isArray(value);
export const isMoney = (value: unknown): value is Result & Amount => isObject(value) && "amount" in value && "currency" in value;

/** The value at a dotted path, also through connections. */
export function valueAt(value: unknown, path: string): unknown {
  return path.split(".").reduce((inner: unknown, name) => (isObject(inner) ? inner[name] : undefined), value);
}

/** The nodes of a connection, or the list. */
export function listOf(value: unknown): Result[] | null {
  const list = isObject(value) && Array.isArray(value.nodes) ? value.nodes : value;
  return Array.isArray(list) && list.every(isObject) ? list : null;
}

/** The scalar values of an object and its nested objects, by dotted path. */
export function scalars(value: Result, depth = 2, prefix = ""): [string, unknown][] {
  return Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    if (HIDDEN.has(name) || listOf(inner)) return [];
    const path = prefix + name;
    if (isObject(inner) && !isMoney(inner)) return depth > 0 ? scalars(inner, depth - 1, `${path}.`) : [];
    return [[path, inner]];
  });
}

/** The lists of an object and its nested objects, by dotted path. */
export function lists(value: Result, prefix = ""): [string, Result[]][] {
  return Object.entries(value).flatMap(([name, inner]): [string, Result[]][] => {
    const list = listOf(inner);
    const path = prefix + name;
    if (list) return [[path, list], ...(isObject(inner) ? lists({ ...inner, nodes: undefined }, `${path}.`) : [])];
    return isObject(inner) ? lists(inner, `${path}.`) : [];
  });
}

/** `serviceLine.totalCost` as `Service line total cost`. */
export function title(path: string): string {
  const text = path.replace(/(^|\.)(nodes|aggregate)\b/g, "").replace(/\d+\b/g, "").replaceAll(".", " ").replace(/([a-z0-9])([A-Z])/g, "$1 $2");
  return humanize(text.trim());
}

/** Column titles: the shortest names that are unique. */
export function columnTitles(columns: string[]): string[] {
  const short = columns.map((column) => {
    const parts = column.replace(/\.(amount|name|title)$/, "").split(".");
    return parts.at(-1) ?? column;
  });
  return columns.map((column, index) => {
    const own = short[index] ?? column;
    return title(short.filter((other) => other === own).length > 1 ? column.replace(/\.(amount|name|title)$/, "") : own);
  });
}

/** Columns without ids next to a name and currencies next to an amount. */
export function visibleColumns(columns: string[]): string[] {
  const known = new Set(columns);
  return columns.filter((column) => {
    const of = column.replace(/id$/, "");
    return !column.endsWith(".currency") && !(column.endsWith(".id") && (known.has(`${of}name`) || known.has(`${of}title`)));
  });
}

const NAMES = ["name", "title", "label", "text", "key", "metric", "period"];

/** The name of an object, or of its first nested object with a name. */
function nameOf(value: Result): unknown {
  const own = NAMES.map((name) => value[name]).find(Boolean);
  return own ?? Object.values(value).filter(isObject).map(nameOf).find(Boolean);
}

/** An object without a name as text: its id and its known values. */
function describe(value: Result): string {
  const known = scalars(value).filter(([, inner]) => inner !== null);
  return known.map(([path, inner]) => `${path === "id" ? "" : `${title(path).toLowerCase()} `}${formatValue(inner).replace(/\.$/, "")}`).join("; ");
}

export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (isMoney(value)) return money(value);
  if (Array.isArray(value)) return value.map(formatValue).join(" · ") || "none";
  if (isObject(value)) {
    const name = nameOf(value);
    return name ? formatValue(name) : describe(value);
  }
  if (isInstant(value)) return moment(value);
  const text = String(value);
  if (/^-?\d+(\.\d+)?$/.test(text)) return decimal(text);
  if (/^\d{4}-(\d\d|Q\d)$/.test(text)) return formatPeriod(text);
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return day(text);
  if (/^[a-z]+([._][a-z]+)+$/.test(text)) return humanize(text);
  if (/^[a-z]+([A-Z][a-z]+)+$/.test(text)) return title(text);
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(text) && !/^P\d$/.test(text) && text.length > 3 ? humanize(text) : text;
}

export const isFigure = (value: unknown) => isMoney(value) || (typeof value !== "boolean" && /^-?\d+(\.\d+)?$/.test(String(value)));
