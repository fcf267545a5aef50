// Any action as a dialog: its input as a form, what it would do shown first, refusals where they belong.
import { Alert, Button, Checkbox, Group, List, Modal, NativeSelect, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useRef, useState } from "react";
import { useClient } from "urql";
import { money, Moment, words } from "../shell/figures.tsx";
import { refresh } from "../shell/live.tsx";
import { type Ability, documentOf, type Field, inputOf, type Outcome, subjectOf } from "./abilities.ts";
import { inWords } from "./actions.tsx";

interface Asked {
  mutation: string;
  ability: Ability;
  of: { id: string; version?: number };
  kind: string;
  criteria?: { key: string; text: string }[];
  close: () => void;
}

type Written = Record<string, string | string[] | boolean>;

export default function Dialog({ mutation, ability, of, kind, criteria, close }: Asked) {
  const client = useClient();
  const subject = subjectOf(ability, kind);
  const [written, write] = useState<Written>({});
  const [seen, setSeen] = useState<Outcome | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  // The same key for every try of this dialog: what was done once is not done again.
  const key = useRef(crypto.randomUUID());
  const fields = ability.fields.filter(({ name, composed }) => name !== subject && !composed);
  const errors = seen?.userErrors ?? [];
  const missing = fields.some(({ name, required }) => required && !written[name]?.toString());

  const ask = async (dryRun: boolean) => {
    setBusy(true);
    const input = {
      ...inputOf(ability, written),
      ...(subject && { [subject]: of.id }),
      ...(ability.dry && dryRun ? { dryRun } : { idempotencyKey: key.current }),
    };
    const { data, error } = await client.mutation<Record<string, Outcome>>(documentOf(mutation, ability), { input }).toPromise();
    setBusy(false);
    setFailed(error ? (error.graphQLErrors[0]?.message ?? "The server can not be reached.") : null);
    const outcome = data?.[mutation] ?? null;
    setSeen(outcome);
    if (!outcome || outcome.userErrors.length) {
      key.current = crypto.randomUUID();
      return;
    }
    if (!dryRun) {
      refresh();
      close();
    }
  };
  const change = (name: string, value: string | string[] | boolean) => {
    write((before) => ({ ...before, [name]: value }));
    setSeen(null);
  };
  const looked = seen !== null && errors.length === 0;
  return (
    <Modal opened onClose={close} title={inWords(mutation)} centered size="lg" closeButtonProps={{ "aria-label": "Close" }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void ask(ability.dry && !looked);
        }}
      >
        <Stack gap="sm">
          {ability.help && (
            <Text fz="sm" c="dimmed">
              {ability.help}
            </Text>
          )}
          {fields.map((field) => (
            <Entry
              key={field.name}
              field={field}
              value={written[field.name]}
              criteria={criteria}
              error={errors.find((each) => each.field?.includes(field.name))}
              change={(value) => change(field.name, value)}
            />
          ))}
          {errors
            .filter(({ field }) => !fields.some(({ name }) => field?.includes(name)))
            .map((each) => (
              <Alert key={each.message} color="red" title={each.message} role="alert">
                {each.hint}
              </Alert>
            ))}
          {failed && (
            <Alert color="red" title="That did not work" role="alert">
              {failed}
            </Alert>
          )}
          {looked && <Foreseen outcome={seen} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Leave it
            </Button>
            <Button type="submit" loading={busy} disabled={missing}>
              {ability.dry && !looked ? "Show what would happen" : inWords(mutation)}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

const LONG = /reason|notes?$|description|body|summary|resolution|changeNote/i;
const TYPES: Record<string, string> = { Date: "date", DateTime: "datetime-local", Period: "month" };

interface Entered {
  field: Field;
  value: string | string[] | boolean | undefined;
  criteria?: { key: string; text: string }[];
  error?: { message: string; hint: string | null };
  change: (value: string | string[] | boolean) => void;
}

function Entry({ field, value, criteria, error, change }: Entered) {
  const shared = {
    label: inWords(field.name),
    description: field.help,
    required: field.required,
    error: error && [error.message, error.hint].filter(Boolean).join(" "),
  };
  const text = typeof value === "string" ? value : "";
  const onChange = (event: { currentTarget: { value: string } }) => change(event.currentTarget.value);
  if (field.name === "unmetCriteria" && criteria)
    return (
      <Checkbox.Group {...shared} value={Array.isArray(value) ? value : []} onChange={change}>
        <Stack gap="xs" mt="xs">
          {criteria.map((each) => (
            <Checkbox key={each.key} value={each.key} label={`${each.key} ${each.text}`} />
          ))}
        </Stack>
      </Checkbox.Group>
    );
  if (field.type === "Boolean")
    return <Checkbox {...shared} required={false} checked={value === true} onChange={(event) => change(event.currentTarget.checked)} />;
  if (field.values)
    return (
      <NativeSelect
        {...shared}
        value={text}
        onChange={onChange}
        data={[{ value: "", label: "–" }, ...field.values.map((each) => ({ value: each, label: words(each) }))]}
      />
    );
  if (field.list || LONG.test(field.name)) return <Textarea {...shared} autosize minRows={2} maxRows={8} value={text} onChange={onChange} />;
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

/** What a dry run says would happen. */
function Foreseen({ outcome }: { outcome: Outcome }) {
  const { events = [], warnings = [], payment, serviceLine } = outcome;
  return (
    <Stack gap="xs" role="status">
      {warnings.map((warning) => (
        <Alert key={warning.code + warning.message} color="orange" title={words(warning.code)}>
          {warning.message}
        </Alert>
      ))}
      <Text fz="sm" fw={600}>
        This would happen
      </Text>
      {payment && (
        <Text fz="sm" component="div">
          {money(payment.amount)} falls due{payment.dueAt ? <> on <Moment at={payment.dueAt} short /></> : null}.
        </Text>
      )}
      {serviceLine && <Text fz="sm">The service line is {words(serviceLine.status).toLowerCase()} then.</Text>}
      <List fz="sm" spacing={2}>
        {events.map((event) => (
          <List.Item key={event.type + event.subjectId}>
            {event.type} <Text span c="dimmed" inherit>{event.subjectId}</Text>
            {event.changes.map((each) => (
              <Text key={each.path} fz="xs" c="dimmed">
                {each.path}: {String(each.before ?? "nothing")} → {String(each.after ?? "nothing")}
              </Text>
            ))}
          </List.Item>
        ))}
      </List>
    </Stack>
  );
}
