// Options of the select fields of a dialog, by field name.
import { withUnit, words } from "../shell/format.ts";

export interface Choice {
  value: string;
  label: string;
}
export type Choices = Record<string, Choice[]>;

export const named = ({ id, name }: { id: string; name: string }): Choice => ({ value: id, label: name });

export const contract = ({ id, status }: { id: string; status: string }): Choice => ({
  value: id,
  label: `${id}, ${words(status).toLowerCase()}`,
});

interface Pool {
  id: string;
  resourceType: string;
  available: string;
  unit: string;
}

export const pool = ({ id, resourceType, available, unit }: Pool): Choice => ({
  value: id,
  label: `${id}: ${withUnit(available, unit)} of ${words(resourceType).toLowerCase()} available`,
});

export const criterion = ({ key, text }: { key: string; text: string }): Choice => ({ value: key, label: `${key} ${text}` });
