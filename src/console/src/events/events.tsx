// The event log, newest first, with the changed fields of each event.
import { Button, Group, List, NativeSelect, Table, Text, TextInput } from "@mantine/core";
import { useMemo } from "react";
import { useSearchParams } from "wouter";
import { EventsDocument, type EventsQuery } from "#asked/events";
import { FieldChange, Moment } from "../shell/figures.tsx";
import { eventName, quantity, words } from "../shell/format.ts";
import { Heading, Page } from "../shell/page.tsx";
import { Panel, Rows } from "../shell/panel.tsx";
import { useSession } from "../shell/session.tsx";
import { Nothing } from "../shell/states.tsx";

type Organization = NonNullable<EventsQuery["organization"]>;
type Event = Organization["events"]["nodes"][number];

const TYPES = ["pod", "pod_scope", "ticket", "incident", "sla", "ods", "payment", "allocation", "capacity", "service_line"];
const COUNTS = [25, 50, 100];

export default function Events() {
  const { organization } = useSession();
  const [search, setSearch] = useSearchParams();
  const [type, subject, count] = [search.get("type") ?? "", search.get("subject") ?? "", Number(search.get("count")) || 25];
  const variables = useMemo(
    () => ({
      organization: organization.id,
      filter: {
        ...(type && { type: { contains: `${type}.` } }),
        ...(subject && { subjectId: { eq: subject } }),
      },
      count,
    }),
    [organization.id, type, subject, count],
  );
  const change = (name: string, value: string) =>
    setSearch((given) => {
      const next = new URLSearchParams(given);
      if (value) next.set(name, value);
      else next.delete(name);
      return next;
    });
  return (
    <Page query={EventsDocument} variables={variables} title="Events">
      {({ organization: of }) => (
        <>
          <Heading title="Events">{quantity(of?.events.totalCount ?? 0, type || subject ? "matching event" : "event")}</Heading>
          <Group gap="xs" align="flex-end">
            <NativeSelect
              label="Type"
              value={type}
              onChange={(event) => change("type", event.currentTarget.value)}
              data={[{ value: "", label: "All types" }, ...TYPES.map((each) => ({ value: each, label: each === "ods" ? "Outcomes" : words(each) }))]}
            />
            <TextInput
              label="Record"
              placeholder="POD-26-000008"
              defaultValue={subject}
              key={subject}
              onBlur={(event) => change("subject", event.currentTarget.value.trim())}
              onKeyDown={(event) => event.key === "Enter" && change("subject", event.currentTarget.value.trim())}
            />
            <NativeSelect
              label="Rows"
              value={String(count)}
              onChange={(event) => change("count", event.currentTarget.value)}
              data={COUNTS.map(String)}
            />
            {(type || subject) && (
              <Button variant="default" onClick={() => setSearch({})}>
                Clear filters
              </Button>
            )}
          </Group>
          <Feed events={of?.events.nodes ?? []} whole={!type && !subject} onSubject={(id) => change("subject", id)} />
        </>
      )}
    </Page>
  );
}

/** Whether each event follows the one before it, so that none was lost with a connection. */
const unbroken = (events: Event[]) =>
  events.every(({ previousSequence }, index) => index === 0 || previousSequence === events[index - 1]?.sequence);

interface Shown {
  events: Event[];
  whole: boolean;
  onSubject: (id: string) => void;
}

function Feed({ events, whole, onSubject }: Shown) {
  const [first, last] = [events[0]?.sequence, events.at(-1)?.sequence];
  const said = unbroken(events) ? `Events ${first}–${last} (no gaps)` : `Events ${first}–${last} (with gaps)`;
  return (
    <Panel title="Event log" aside={whole && events.length > 0 && <Text fz="xs" c="dimmed" className="figure">{said}</Text>}>
      {events.length === 0 && <Nothing title="No matching events" />}
      {events.length > 0 && (
        <Rows label="Events" heads={["No.#", "Event", "Time", "Actor", "Changes"]}>
          {[...events].reverse().map((event) => (
            <Table.Tr key={event.id}>
              <Table.Td className="right figure">{event.sequence}</Table.Td>
              <Table.Td>
                {eventName(event.type)}
                <div>
                  <Button variant="transparent" size="compact-xs" p={0} onClick={() => onSubject(event.subjectId)}>
                    {event.subjectId}
                  </Button>
                </div>
              </Table.Td>
              <Table.Td>
                <Moment at={event.occurredAt} exact />
              </Table.Td>
              <Table.Td>{event.actor.user?.name ?? words(event.actor.type)}</Table.Td>
              <Table.Td miw={220}>
                <Changes of={event} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Rows>
      )}
    </Panel>
  );
}

function Changes({ of }: { of: Event }) {
  if (of.changes.length === 0) return "–";
  return (
    <List listStyleType="none" fz="xs">
      {of.changes.map(({ path, before, after }) => (
        <List.Item key={path}>
          <FieldChange path={path} before={before} after={after} />
        </List.Item>
      ))}
    </List>
  );
}
