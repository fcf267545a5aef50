// The dialog of an action: a form, a preview by dry run, and errors at their fields.
import { Alert, Button, Checkbox, Fieldset, Group, List, Modal, NativeSelect, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useClient } from "urql";
import { DateTime, FieldChange } from "../shell/values.tsx";
import { eventName, humanize, money } from "../shell/format.ts";
import { refresh } from "../shell/live.tsx";
import { emptyValues, type Field, type FormValues, groupsOf, isIncomplete, mutationDocument, type MutationResult, type MutationSpec, toInput, type UserError } from "./mutations.ts";
import { actionLabel } from "./actions.tsx";
import type { Choices } from "./choices.ts";

interface DialogProps {
  mutation: string;
  spec: MutationSpec;
  /** Fixed values of the input, such as the record id. */
  fixed: Record<string, string>;
  choices?: Choices;
  /** Initial values of the form. */
  initial?: FormValues;
  close: () => void;
}

export default function Dialog({ mutation, spec, fixed, choices = {}, initial, close }: DialogProps) {
  const client = useClient();
  const fields = spec.fields.filter(({ name }) => !(name in fixed));
  const [values, setValues] = useState<FormValues>({ ...emptyValues(fields), ...initial });
  const [result, setResult] = useState<MutationResult | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  // One idempotency key per attempt, so that a retry does not repeat the action.
  const key = useRef(crypto.randomUUID());
  const errors = result?.userErrors ?? [];
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    // A form may be longer than the window, so scroll the result into view.
    const answer = form.current?.querySelector('[aria-invalid="true"], [role="alert"], [role="status"]');
    if (result || failed) answer?.scrollIntoView({ block: "center" });
  }, [result, failed]);

  const submit = async (dryRun: boolean) => {
    setBusy(true);
    const input = {
      ...toInput(fields, values),
      ...fixed,
      ...(spec.supportsDryRun && dryRun ? { dryRun } : { idempotencyKey: key.current }),
    };
    const { data, error } = await client.mutation<Record<string, MutationResult>>(mutationDocument(mutation, spec), { input }).toPromise();
    setBusy(false);
    setFailed(error ? (error.graphQLErrors[0]?.message ?? "Cannot reach the server. Try again.") : null);
    const outcome = data?.[mutation] ?? null;
    setResult(outcome);
    if (!outcome || outcome.userErrors.length) {
      // A request without an answer is retried with the same key; a corrected one is a new request.
      if (outcome) key.current = crypto.randomUUID();
      return;
    }
    if (!dryRun) {
      refresh();
      close();
    }
  };
  const change = (next: FormValues) => {
    setValues(next);
    setResult(null);
  };
  const previewed = result !== null && errors.length === 0;
  return (
    <Modal opened onClose={close} title={actionLabel(mutation)} centered size="lg" closeButtonProps={{ "aria-label": "Close" }}>
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          void submit(spec.supportsDryRun && !previewed);
        }}
      >
        <Stack gap="sm">
          {spec.help && (
            <Text fz="sm" c="dimmed">
              {spec.help}
            </Text>
          )}
          <Fields fields={fields} values={values} choices={choices} errors={errors} change={change} />
          {errors
            .filter(({ field }) => !fields.some(({ name }) => field?.[0] === name))
            .map((each) => (
              <Alert key={each.message} color="red" title={each.message} role="alert">
                {each.hint}
              </Alert>
            ))}
          {failed && (
            <Alert color="red" title="Action failed" role="alert">
              {failed}
            </Alert>
          )}
          {previewed && <Preview outcome={result} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={isIncomplete(fields, values)}>
              {spec.supportsDryRun && !previewed ? "Preview changes" : actionLabel(mutation)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

interface Form {
  fields: Field[];
  values: FormValues;
  choices: Choices;
  errors: UserError[];
  change: (next: FormValues) => void;
}

/** Errors below a field, with the rest of their path. */
const errorsBelow = (errors: UserError[], step: string): UserError[] =>
  errors.filter(({ field }) => field?.[0] === step).map((error) => ({ ...error, field: error.field?.slice(1) ?? null }));

/** The fields of an input object. */
function Fields({ fields, values, choices, errors, change }: Form) {
  return fields.map((field) => {
    const shared = { field, choices, errors: errorsBelow(errors, field.name) };
    const changed = (value: FormValues[string]) => change({ ...values, [field.name]: value });
    if (field.fields) return <FieldGroups key={field.name} {...shared} fields={field.fields} groups={groupsOf(values[field.name])} change={changed} />;
    return <FieldInput key={field.name} {...shared} value={values[field.name]} change={changed} />;
  });
}

interface FieldGroupsProps extends Pick<Form, "fields" | "choices" | "errors"> {
  field: Field;
  groups: FormValues[];
  change: (groups: FormValues[]) => void;
}

/** An input object, or a list of them, as groups of fields. */
function FieldGroups({ field, fields, groups, choices, errors, change }: FieldGroupsProps) {
  const name = actionLabel(field.name);
  return (
    <Fieldset legend={name}>
      <Stack gap="sm">
        <Text fz="xs" c="dimmed">
          {field.help}
        </Text>
        {groups.map((group, index) => (
          <Stack key={index} gap="sm" role="group" aria-label={field.list ? `${singular(name)} ${index + 1}` : name} className="criterion">
            <Fields
              fields={fields}
              values={group}
              choices={choices}
              errors={field.list ? errorsBelow(errors, String(index)) : errors}
              change={(next) => change(groups.with(index, next))}
            />
            <Button variant="subtle" color="red" size="compact-xs" className="own-line" onClick={() => change(groups.toSpliced(index, 1))}>
              Remove
            </Button>
          </Stack>
        ))}
        {(field.list || groups.length === 0) && (
          <Button variant="default" size="xs" className="own-line" onClick={() => change([...groups, emptyValues(fields)])}>
            Add {singular(name).toLowerCase()}
          </Button>
        )}
        {errors.filter(({ field: path }) => !path?.length).map(({ message, hint }) => <Text key={message} fz="xs" c="red" role="alert">{message} {hint}</Text>)}
      </Stack>
    </Fieldset>
  );
}

const LABELS: Record<string, string> = {
  budgetMax: "Maximum budget",
  timelineWeeks: "Maximum duration (weeks)",
  durationMonths: "Duration (months)",
  committedPerWeek: "Committed per week",
  qualityGatePercent: "Quality gate (%)",
  maxDefectRatePercent: "Maximum defect rate (%)",
  defectRatePercent: "Defect rate (%)",
  tolerancePercent: "Tolerance (%)",
  weightPercent: "Weight (%)",
  percent: "Share (%)",
  sprintLengthDays: "Sprint length (days)",
  responseTimeHours: "Response time (hours)",
};

/** The label of a field; a select shows names, so its label has no "id". */
function labelOf(name: string, select: boolean): string {
  const label = LABELS[name] ?? actionLabel(name);
  return select ? label.replace(/ ids?$/i, "") : label;
}

const singular = (name: string) => name.replace(/s$/, "");

const LONG = /reason|notes?$|description|body|summary|resolution|changeNote|desiredOutcome/i;
const TYPES: Record<string, string> = { Date: "date", DateTime: "datetime-local", Period: "month" };

interface FieldInputProps {
  field: Field;
  value: FormValues[string];
  choices: Choices;
  errors: UserError[];
  change: (value: string | string[] | boolean) => void;
}

function FieldInput({ field, value, choices, errors: [error], change }: FieldInputProps) {
  const known = choices[field.name] ?? field.values?.map((each) => ({ value: each, label: humanize(each) }));
  const shared = {
    label: labelOf(field.name, Boolean(known)),
    description: field.help,
    required: field.required,
    error: error && [error.message, error.hint].filter(Boolean).join(" "),
  };
  const text = typeof value === "string" ? value : "";
  const onChange = (event: { currentTarget: { value: string } }) => change(event.currentTarget.value);
  if (known && field.list)
    return (
      <Checkbox.Group {...shared} value={Array.isArray(value) ? (value as string[]) : []} onChange={change}>
        <Stack gap="xs" mt="xs">
          {known.map((each) => (
            <Checkbox key={each.value} {...each} />
          ))}
        </Stack>
      </Checkbox.Group>
    );
  if (known) return <NativeSelect {...shared} value={text} onChange={onChange} data={[{ value: "", label: "–" }, ...known]} />;
  if (field.type === "Boolean")
    return <Checkbox {...shared} required={false} checked={value === true} onChange={(event) => change(event.currentTarget.checked)} />;
  if (field.list) return <Textarea {...shared} description={`${field.help} One per line.`} autosize minRows={2} maxRows={8} value={text} onChange={onChange} />;
  if (LONG.test(field.name)) return <Textarea {...shared} autosize minRows={2} maxRows={8} value={text} onChange={onChange} />;
  return (
    <TextInput
      {...shared}
      type={TYPES[field.type] ?? "text"}
      inputMode={field.type === "Int" || field.type === "Decimal" ? "decimal" : undefined}
      value={text}
      onChange={onChange}
    />
  );
}

const LINE_EFFECTS: Record<string, string> = {
  "service_line.activated": "the service line starts",
  "service_line.paused": "the service line pauses",
  "service_line.resumed": "the service line resumes",
  "service_line.closed": "the service line closes",
  "service_line.terminated": "the service line ends early",
};

/** One sentence on the service line and the payment. */
function Consequence({ of: { events = [], payment } }: { of: MutationResult }) {
  const types = events.map(({ type }) => type);
  const groups: ReactNode[] = types.flatMap((type) => LINE_EFFECTS[type] ?? []);
  if (payment && types.includes("payment.due"))
    groups.push(<>{money(payment.amount)} is due{payment.dueAt ? <> on <DateTime at={payment.dueAt} short /></> : null}</>);
  if (groups.length === 0) return null;
  return (
    <Text component="p" m={0} fw={600} className="sentence">
      {groups.map((group, index) => (
        <span key={index}>{index > 0 && " and "}{group}</span>
      ))}
      .
    </Text>
  );
}

/** The result of a dry run. */
function Preview({ outcome }: { outcome: MutationResult }) {
  const { events = [], warnings = [] } = outcome;
  return (
    <Stack gap="xs" role="status">
      {warnings.map((warning) => (
        <Alert key={warning.code + warning.message} color="orange" title={humanize(warning.code)}>
          {warning.message}
        </Alert>
      ))}
      <Consequence of={outcome} />
      <Text fz="sm" fw={600}>
        What will change
      </Text>
      <List fz="sm" spacing={2} className="scrolls foreseen" tabIndex={0} aria-label="Changes">
        {events.map((event) => (
          <List.Item key={event.type + event.subjectId}>
            {eventName(event.type)} <Text span c="dimmed" inherit>{event.subjectId}</Text>
            {event.changes.map((each) => (
              <Text key={each.path} fz="xs" c="dimmed" component="div">
                <FieldChange {...each} />
              </Text>
            ))}
          </List.Item>
        ))}
      </List>
    </Stack>
  );
}
