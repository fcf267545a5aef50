// The event log, newest first, with the changed fields of each event.
import { Button, Group, List, NativeSelect, Table, Text, TextInput } from "@mantine/core";
import { useMemo } from "react";
import { useSearchParams } from "wouter";
import { EventsDocument, type EventsQuery } from "#queries/events";
import { DateTime, FieldChange } from "../shell/values.tsx";
import { eventName, humanize, quantity } from "../shell/format.ts";
import { Page, PageHeader } from "../shell/page.tsx";
import { DataTable, Panel } from "../shell/panel.tsx";
import { useSession } from "../shell/session.tsx";
import { EmptyState } from "../shell/states.tsx";

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
    setSearch((current) => {
      const next = new URLSearchParams(current);
      if (value) next.set(name, value);
      else next.delete(name);
      return next;
    });
  return (
    <Page query={EventsDocument} variables={variables} title="Events">
      {({ organization: of }) => (
        <>
          <PageHeader title="Events">{quantity(of?.events.totalCount ?? 0, type || subject ? "matching event" : "event")}</PageHeader>
          <Group gap="xs" align="flex-end">
            <NativeSelect
              label="Type"
              value={type}
              onChange={(event) => change("type", event.currentTarget.value)}
              data={[{ value: "", label: "All types" }, ...TYPES.map((each) => ({ value: each, label: each === "ods" ? "Outcomes" : humanize(each) }))]}
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
          <EventLog events={of?.events.nodes ?? []} unfiltered={!type && !subject} onSubject={(id) => change("subject", id)} />
        </>
      )}
    </Page>
  );
}

/** Whether each event follows the one before it, so that none was lost with a connection. */
const isGapless = (events: Event[]) =>
  events.every(({ previousSequence }, index) => index === 0 || previousSequence === events[index - 1]?.sequence);

interface EventLogProps {
  events: Event[];
  unfiltered: boolean;
  onSubject: (id: string) => void;
}

function EventLog({ events, unfiltered, onSubject }: EventLogProps) {
  const [first, last] = [events[0]?.sequence, events.at(-1)?.sequence];
  const range = isGapless(events) ? `Events ${first}–${last} (no gaps)` : `Events ${first}–${last} (with gaps)`;
  return (
    <Panel title="Event log" aside={unfiltered && events.length > 0 && <Text fz="xs" c="dimmed" className="figure">{range}</Text>}>
      {events.length === 0 && <EmptyState title="No matching events" />}
      {events.length > 0 && (
        <DataTable label="Events" headers={["No.#", "Event", "Time", "Actor", "Changes"]}>
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
                <DateTime at={event.occurredAt} exact />
              </Table.Td>
              <Table.Td>{event.actor.user?.name ?? humanize(event.actor.type)}</Table.Td>
              <Table.Td miw={220}>
                <Changes of={event} />
              </Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
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
