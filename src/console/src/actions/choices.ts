// Options of the select fields of a dialog, by field name.
import { humanize, withUnit } from "../shell/format.ts";

export interface Choice {
  value: string;
  label: string;
}
export type Choices = Record<string, Choice[]>;

export const nameOption = ({ id, name }: { id: string; name: string }): Choice => ({ value: id, label: name });

export const subscriptionOption = ({ id, status }: { id: string; status: string }): Choice => ({
  value: id,
  label: `${id}, ${humanize(status).toLowerCase()}`,
});

interface Pool {
  id: string;
  resourceType: string;
  available: string;
  unit: string;
}

export const poolOption = ({ id, resourceType, available, unit }: Pool): Choice => ({
  value: id,
  label: `${id}: ${withUnit(available, unit)} of ${humanize(resourceType).toLowerCase()} available`,
});

export const criterionOption = ({ key, text }: { key: string; text: string }): Choice => ({ value: key, label: `${key} ${text}` });
