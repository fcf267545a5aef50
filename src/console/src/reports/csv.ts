// CSV in the same format as `podgraph report --format csv`.

/** All values at a dotted path, through lists; null is left out. */
export function valuesAt(value: unknown, path: string): unknown[] {
  return path.split(".").reduce<unknown[]>((inner, name) => inner.flatMap((each) => Object(each)[name] ?? []), [value]);
}

const FORMULA = /^(?!-?[0-9]+(\.[0-9]+)?$)[=+\-@\t\r\n＝＋－＠]/;
const SPECIAL = /[",\r\n]/;

/** A cell, quoted where needed. An apostrophe keeps a spreadsheet from reading text as a formula. */
function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** DataTable as CSV, with exact decimals. */
export function csv(rows: unknown[], columns: string[]): string {
  const lines = rows.map((row) => columns.map((column) => cell(valuesAt(row, column).map(String).join("; "))).join(","));
  return [columns.join(","), ...lines].join("\r\n") + "\r\n";
}
