// What the API can do, as its schema says: every dialog is made from this.
import abilities from "#abilities";

export interface Field {
  name: string;
  help: string;
  type: string;
  list: boolean;
  required: boolean;
  composed: boolean;
  values?: string[];
}

export interface Ability {
  input: string;
  help: string;
  fields: Field[];
  dry: boolean;
  selection: string;
}

export const LIVE: boolean = abilities.live;

export function abilityOf(mutation: string): Ability | undefined {
  return (abilities.mutations as Record<string, Ability>)[mutation];
}

/** The field of an input that names the record which it is about. */
export function subjectOf({ fields }: Ability, kind: string): string | undefined {
  const ids = fields.filter(({ type, list, required }) => type === "ID" && !list && required).map(({ name }) => name);
  const own = `${kind.charAt(0).toLowerCase()}${kind.slice(1)}Id`;
  return [own, "id"].find((name) => ids.includes(name)) ?? ids[0];
}

/** Whether a form can ask for all that an input needs. */
export const fitsAForm = ({ fields }: Ability) => !fields.some(({ composed, required }) => composed && required);

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
  serviceLine?: { id: string; status: string } | null;
}

/** The input as the API wants it: what was left empty is left out. */
export function inputOf({ fields }: Ability, written: Record<string, string | string[] | boolean>): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap(({ name, type, list }): [string, unknown][] => {
      const value = written[name];
      if (value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return [];
      if (list) return [[name, Array.isArray(value) ? value : String(value).split("\n").filter((line) => line.trim())]];
      if (type === "Int") return [[name, Number(value)]];
      if (type === "DateTime") return [[name, new Date(String(value)).toISOString()]];
      return [[name, value]];
    }),
  );
}
