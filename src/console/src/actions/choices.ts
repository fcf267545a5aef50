// What there is to choose from in a dialog, by the field that it is written in.
import { decimal, words } from "../shell/figures.tsx";

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
  label: `${id}: ${decimal(available)} ${words(unit).toLowerCase()} of ${words(resourceType).toLowerCase()} free`,
});

export const criterion = ({ key, text }: { key: string; text: string }): Choice => ({ value: key, label: `${key} ${text}` });
