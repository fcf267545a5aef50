// The living scope of a pod, and the differences between two revisions.
import { Group, List, NativeSelect, Text } from "@mantine/core";
import { useState } from "react";
import type { PodPageQuery } from "#queries/pod";
import { DateTime, StatusBadge } from "../shell/values.tsx";
import { humanize, quantity } from "../shell/format.ts";
import { Panel } from "../shell/panel.tsx";
import { EmptyState } from "../shell/states.tsx";

export type Revision = NonNullable<PodPageQuery["pod"]>["scope"]["revisions"]["nodes"][number];
type Item = Revision["items"][number];

export interface Difference {
  key: string;
  op: "added" | "removed" | "changed" | "moved";
  title: string;
  was?: string;
}

/** Differences between the items of two revisions, matched by key. */
export function compareItems(before: Item[], after: Item[]): Difference[] {
  const previous = new Map(before.map((item) => [item.key, item]));
  const kept = new Set(after.map(({ key }) => key));
  const textOf = (item: Item) => `${item.title}${item.description ? `: ${item.description}` : ""}`;
  const differences = after.flatMap((item): Difference[] => {
    const was = previous.get(item.key);
    if (!was) return [{ key: item.key, op: "added", title: textOf(item) }];
    if (textOf(was) !== textOf(item)) return [{ key: item.key, op: "changed", title: textOf(item), was: `Previously: ${textOf(was)}` }];
    if (was.priority !== item.priority)
      return [{ key: item.key, op: "moved", title: item.title, was: `Moved from ${was.priority} to ${item.priority}` }];
    return [];
  });
  const removed = before.filter(({ key }) => !kept.has(key));
  return [...differences, ...removed.map((item): Difference => ({ key: item.key, op: "removed", title: textOf(item) }))];
}

const COLOR = { added: "ACTIVE", removed: "BREACHED", changed: "WAITING", moved: "OPEN" };

export function Scope({ revisions }: { revisions: Revision[] }) {
  const ordered = [...revisions].sort((one, other) => other.number - one.number);
  const [latest, previous] = ordered;
  // The default compares the last two revisions, also after a new one arrives.
  const [chosenTo, setTo] = useState<number>();
  const [chosenFrom, setFrom] = useState<number>();
  const [to, from] = [chosenTo ?? latest?.number, chosenFrom ?? previous?.number];
  const [after, before] = [to, from].map((number) => ordered.find((each) => each.number === number));
  const numbers = ordered.map(({ number }) => ({ value: String(number), label: `Revision ${number}` }));
  if (!latest || !after)
    return (
      <Panel title="Scope">
        <EmptyState title="No scope yet" />
      </Panel>
    );
  return (
    <Panel title="Scope" aside={<Text fz="xs" c="dimmed">{quantity(ordered.length, "revision")}</Text>}>
      <Text fz="sm">{latest.summary}</Text>
      <List type="ordered" mt="xs" spacing={4} fz="sm">
        {[...latest.items]
          .sort((one, other) => one.priority - other.priority)
          .map((item) => (
            <List.Item key={item.key}>
              <b>{item.title}</b> {item.description}
            </List.Item>
          ))}
      </List>
      {previous && (
        <Group gap="xs" mt="md" align="flex-end">
          <NativeSelect size="xs" label="Compare" value={from} onChange={(event) => setFrom(Number(event.currentTarget.value))} data={numbers} />
          <NativeSelect size="xs" label="with" value={to} onChange={(event) => setTo(Number(event.currentTarget.value))} data={numbers} />
        </Group>
      )}
      <Changes before={before} after={after} />
    </Panel>
  );
}

function Changes({ before, after }: { before?: Revision; after: Revision }) {
  const differences = compareItems(before?.items ?? [], after.items);
  return (
    <>
      <Text fz="xs" c="dimmed" my="xs" component="div">
        {after.changeNote ?? "First revision"} · {after.author?.name ?? "Unknown user"}, <DateTime at={after.createdAt} />
      </Text>
      {before && differences.length === 0 && <Text fz="sm">No changes.</Text>}
      <List listStyleType="none" spacing={6} fz="sm">
        {differences.map((each) => (
          <List.Item key={each.key} className="wide">
            <Group gap="xs" wrap="nowrap" align="flex-start">
              <div className="op">
                <StatusBadge of={COLOR[each.op]} label={humanize(each.op)} />
              </div>
              <div>
                {each.title}
                {each.was && (
                  <Text fz="xs" c="dimmed">
                    {each.was}
                  </Text>
                )}
              </div>
            </Group>
          </List.Item>
        ))}
      </List>
    </>
  );
}
