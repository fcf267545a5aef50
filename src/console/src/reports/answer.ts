// A report's answer taken apart: plain values, tables, and what a cell of them says.
import { type Amount, day, decimal, isInstant, moment, money, words } from "../shell/format.ts";
import { inWords } from "../shell/periods.ts";

export type Answer = { [name: string]: unknown };

const HIDDEN = new Set(["__typename", "cursor"]);

export const isObject = (value: unknown): value is Answer => typeof value === "object" && value !== null && !Array.isArray(value);
export const isMoney = (value: unknown): value is Answer & Amount => isObject(value) && "amount" in value && "currency" in value;

/** What is at a dotted path, through the pages of connections too. */
export function at(value: unknown, path: string): unknown {
  return path.split(".").reduce((inner: unknown, name) => (isObject(inner) ? inner[name] : undefined), value);
}

/** A connection's nodes, or the list itself. */
export function listOf(value: unknown): Answer[] | null {
  const list = isObject(value) && Array.isArray(value.nodes) ? value.nodes : value;
  return Array.isArray(list) && list.every(isObject) ? list : null;
}

/** The plain values of an object, and of the objects that it leads to, by dotted path. */
export function plain(value: Answer, depth = 2, prefix = ""): [string, unknown][] {
  return Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    if (HIDDEN.has(name) || listOf(inner)) return [];
    const path = prefix + name;
    if (isObject(inner) && !isMoney(inner)) return depth > 0 ? plain(inner, depth - 1, `${path}.`) : [];
    return [[path, inner]];
  });
}

/** The lists of an object, and of the objects that it leads to, by dotted path. */
export function lists(value: Answer, prefix = ""): [string, Answer[]][] {
  return Object.entries(value).flatMap(([name, inner]): [string, Answer[]][] => {
    const list = listOf(inner);
    const path = prefix + name;
    if (list) return [[path, list], ...(isObject(inner) ? lists({ ...inner, nodes: undefined }, `${path}.`) : [])];
    return isObject(inner) ? lists(inner, `${path}.`) : [];
  });
}

/** `serviceLine.totalCost` as `Service line total cost`. */
export function title(path: string): string {
  const spoken = path.replace(/(^|\.)(nodes|aggregate)\b/g, "").replace(/\d+\b/g, "").replaceAll(".", " ").replace(/([a-z0-9])([A-Z])/g, "$1 $2");
  return words(spoken.trim());
}

/** What stands above columns: the shortest name that tells each from the others. */
export function heads(columns: string[]): string[] {
  const short = columns.map((column) => {
    const parts = column.replace(/\.(amount|name|title)$/, "").split(".");
    return parts.at(-1) ?? column;
  });
  return columns.map((column, index) => {
    const own = short[index] ?? column;
    return title(short.filter((other) => other === own).length > 1 ? column.replace(/\.(amount|name|title)$/, "") : own);
  });
}

/** Columns without the ids that stand beside a name, and the currencies that stand beside an amount. */
export function shown(columns: string[]): string[] {
  const known = new Set(columns);
  return columns.filter((column) => {
    const of = column.replace(/id$/, "");
    return !column.endsWith(".currency") && !(column.endsWith(".id") && (known.has(`${of}name`) || known.has(`${of}title`)));
  });
}

const NAMES = ["name", "title", "label", "text", "key", "metric", "period"];

/** What an object is called: by itself, or by what it leads to. */
function naming(value: Answer): unknown {
  const own = NAMES.map((name) => value[name]).find(Boolean);
  return own ?? Object.values(value).filter(isObject).map(naming).find(Boolean);
}

/** What an object without a name is: its id, and each of its values that is known. */
function facts(value: Answer): string {
  const known = plain(value).filter(([, inner]) => inner !== null);
  return known.map(([path, inner]) => `${path === "id" ? "" : `${title(path).toLowerCase()} `}${said(inner).replace(/\.$/, "")}`).join("; ");
}

export function said(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (isMoney(value)) return money(value);
  if (Array.isArray(value)) return value.map(said).join(" · ") || "none";
  if (isObject(value)) {
    const name = naming(value);
    return name ? said(name) : facts(value);
  }
  if (isInstant(value)) return moment(value);
  const text = String(value);
  if (/^-?\d+(\.\d+)?$/.test(text)) return decimal(text);
  if (/^\d{4}-(\d\d|Q\d)$/.test(text)) return inWords(text);
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return day(text);
  if (/^[a-z]+([._][a-z]+)+$/.test(text)) return words(text);
  if (/^[a-z]+([A-Z][a-z]+)+$/.test(text)) return title(text);
  return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(text) && !/^P\d$/.test(text) && text.length > 3 ? words(text) : text;
}

export const isFigure = (value: unknown) => isMoney(value) || (typeof value !== "boolean" && /^-?\d+(\.\d+)?$/.test(String(value)));
