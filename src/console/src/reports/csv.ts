// Rows as comma-separated values, cell by cell as `podgraph report --format csv` writes them.

/** Everything at a dotted path, through all the lists on the way; what is null is left out. */
export function reached(value: unknown, path: string): unknown[] {
  return path.split(".").reduce<unknown[]>((inner, name) => inner.flatMap((each) => Object(each)[name] ?? []), [value]);
}

const FORMULA = /^(?!-?[0-9]+(\.[0-9]+)?$)[=+\-@\t\r\n＝＋－＠]/;
const SPECIAL = /[",\r\n]/;

/** A cell, quoted where needed. An apostrophe keeps a spreadsheet from reading text as a formula. */
function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return SPECIAL.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows as comma-separated values, decimals as they came. */
export function csv(rows: unknown[], columns: string[]): string {
  const lines = rows.map((row) => columns.map((column) => cell(reached(row, column).map(String).join("; "))).join(","));
  return [columns.join(","), ...lines].join("\r\n") + "\r\n";
}
