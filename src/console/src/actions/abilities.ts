// What the API can do, as its schema says: every dialog is made from this.
import abilities from "#abilities";

export interface Field {
  name: string;
  help: string;
  type: string;
  list: boolean;
  required: boolean;
  values?: string[];
  /** The fields of a value that is made of others. */
  fields?: Field[];
}

export interface Ability {
  input: string;
  help: string;
  roles: string[];
  fields: Field[];
  dry: boolean;
  selection: string;
}

export function abilityOf(mutation: string): Ability | undefined {
  return (abilities as Record<string, Ability>)[mutation];
}

/** The field of an input that names the record which it is about. */
export function subjectOf({ fields }: Ability, kind: string): string | undefined {
  const ids = fields.filter(({ type, list, required }) => type === "ID" && !list && required).map(({ name }) => name);
  const own = `${kind.charAt(0).toLowerCase()}${kind.slice(1)}Id`;
  return [own, "id"].find((name) => ids.includes(name)) ?? ids[0];
}

export function documentOf(mutation: string, { input, selection }: Ability): string {
  return `mutation ${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}($input: ${input}!) {\n  ${mutation}(input: $input) { ${selection} }\n}\n`;
}

export interface UserError {
  code: string | null;
  field: string[] | null;
  message: string;
  hint: string | null;
}

export interface Outcome {
  userErrors: UserError[];
  warnings?: { code: string; message: string }[];
  events?: { type: string; subjectId: string; changes: { path: string; before: unknown; after: unknown }[] }[];
  payment?: { amount: { amount: string; currency: string }; dueAt: string | null } | null;
}

export interface Written {
  [field: string]: string | string[] | boolean | Written[] | undefined;
}

/** The parts that have been written of a value that is made of others. */
export const partsOf = (value: Written[string]): Written[] => (Array.isArray(value) ? (value as Written[]) : []);

/** A form as it opens: what must have a part has one. */
export function blank(fields: Field[]): Written {
  return Object.fromEntries(fields.filter((field) => field.fields && field.required).map((field) => [field.name, [blank(field.fields ?? [])]]));
}

/** Whether something that is needed is not written yet. */
export function lacks(fields: Field[], written: Written): boolean {
  return fields.some(({ name, required, fields: inner }) => {
    const value = written[name];
    if (inner) return (required && !partsOf(value).length) || partsOf(value).some((part) => lacks(inner, part));
    return required && !value?.toString();
  });
}

/** The input as the API wants it: what was left empty is left out. */
export function inputOf(fields: Field[], written: Written): Record<string, unknown> {
  return Object.fromEntries(
    fields.map((field) => [field.name, valueOf(field, written[field.name])]).filter(([, value]) => value !== undefined),
  );
}

function valueOf({ type, list, fields }: Field, value: Written[string]): unknown {
  if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return undefined;
  if (fields) {
    const parts = partsOf(value).map((part) => inputOf(fields, part));
    return list ? parts : parts[0];
  }
  if (list) return Array.isArray(value) ? value : String(value).split("\n").filter((line) => line.trim());
  if (type === "Int") return Number(value);
  if (type === "DateTime") return new Date(String(value)).toISOString();
  return value;
}
