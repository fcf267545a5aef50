// Mutations with their inputs, generated from the schema; every dialog is built from them.
import mutations from "#mutations";

export interface Field {
  name: string;
  help: string;
  type: string;
  list: boolean;
  required: boolean;
  values?: string[];
  /** The fields of an input object. */
  fields?: Field[];
}

export interface MutationSpec {
  input: string;
  help: string;
  roles: string[];
  fields: Field[];
  supportsDryRun: boolean;
  selection: string;
}

export function mutationSpec(mutation: string): MutationSpec | undefined {
  return (mutations as Record<string, MutationSpec>)[mutation];
}

/** The input field with the id of the record. */
export function subjectField({ fields }: MutationSpec, kind: string): string | undefined {
  const ids = fields.filter(({ type, list, required }) => type === "ID" && !list && required).map(({ name }) => name);
  const preferred = `${kind.charAt(0).toLowerCase()}${kind.slice(1)}Id`;
  return [preferred, "id"].find((name) => ids.includes(name)) ?? ids[0];
}

export function mutationDocument(mutation: string, { input, selection }: MutationSpec): string {
  return `mutation ${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}($input: ${input}!) {\n  ${mutation}(input: $input) { ${selection} }\n}\n`;
}

export interface UserError {
  code: string | null;
  field: string[] | null;
  message: string;
  hint: string | null;
}

export interface MutationResult {
  userErrors: UserError[];
  warnings?: { code: string; message: string }[];
  events?: { type: string; subjectId: string; changes: { path: string; before: unknown; after: unknown }[] }[];
  payment?: { amount: { amount: string; currency: string }; dueAt: string | null } | null;
}

export interface FormValues {
  [field: string]: string | string[] | boolean | FormValues[] | undefined;
}

/** The groups of a field that holds input objects. */
export const groupsOf = (value: FormValues[string]): FormValues[] => (Array.isArray(value) ? (value as FormValues[]) : []);

/** Initial values: a required input object has one group. */
export function emptyValues(fields: Field[]): FormValues {
  return Object.fromEntries(fields.filter((field) => field.fields && field.required).map((field) => [field.name, [emptyValues(field.fields ?? [])]]));
}

/** Whether a required field is empty. */
export function isIncomplete(fields: Field[], values: FormValues): boolean {
  return fields.some(({ name, required, fields: inner }) => {
    const value = values[name];
    if (inner) return (required && !groupsOf(value).length) || groupsOf(value).some((part) => isIncomplete(inner, part));
    return required && !value?.toString();
  });
}

/** The GraphQL input; empty fields are left out. */
export function toInput(fields: Field[], values: FormValues): Record<string, unknown> {
  return Object.fromEntries(
    fields.map((field) => [field.name, toInputValue(field, values[field.name])]).filter(([, value]) => value !== undefined),
  );
}

function toInputValue({ type, list, fields }: Field, value: FormValues[string]): unknown {
  if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return undefined;
  if (fields) {
    const parts = groupsOf(value).map((part) => toInput(fields, part));
    return list ? parts : parts[0];
  }
  if (list) return Array.isArray(value) ? value : String(value).split("\n").filter((line) => line.trim());
  if (type === "Int") return Number(value);
  if (type === "DateTime") return new Date(String(value)).toISOString();
  return value;
}
