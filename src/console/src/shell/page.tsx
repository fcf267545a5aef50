// The frame of every page: its title, the query behind it, and its one answer.
import { Anchor, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect, useMemo } from "react";
import { type AnyVariables, type TypedDocumentNode, useQuery } from "urql";
import { Icon } from "./icons.tsx";
import { useRefresh } from "./live.tsx";
import { useSession } from "./session.tsx";
import { Broken, Nothing, Waiting } from "./states.tsx";

/** Where the playground opens with a document and its variables. */
export function playgroundOf(document: unknown, variables: unknown): string {
  const opened = new URLSearchParams({ query: String(document), variables: JSON.stringify(variables, null, 2) });
  return `/playground#${opened}`;
}

export function QueryLink({ document, variables }: { document: unknown; variables: unknown }) {
  if (!useSession().playground) return null;
  return (
    <Anchor href={playgroundOf(document, variables)} fz="xs" c="dimmed" className="no-print">
      <Group gap={4} wrap="nowrap">
        <Icon of="query" size={14} /> View query
      </Group>
    </Anchor>
  );
}

interface Asked<Data, Variables extends AnyVariables> {
  query: TypedDocumentNode<Data, Variables>;
  variables: Variables;
  title: string;
  children: (data: Data) => ReactNode;
}

/** A page that is one query: asks it, and again whenever something changed. */
export function Page<Data, Variables extends AnyVariables>({ query, variables, title, children }: Asked<Data, Variables>) {
  const [{ data, error, stale }, ask] = useQuery<Data, AnyVariables>({ query, variables });
  const again = () => ask({ requestPolicy: "network-only" });
  useRefresh(again);
  // To ask again draws nothing: charts take longer to draw than their figures take to come.
  const drawn = useMemo(() => data && children(data), [data, variables]);
  const here = data !== undefined;
  useEffect(() => {
    // What an address names within the page is there only now.
    if (here && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, [here]);
  useEffect(() => {
    document.title = `${title} · Podgraph`;
  }, [title]);
  return (
    <Stack gap="lg" aria-busy={stale || undefined}>
      {data ? drawn : error ? <Broken error={error} again={again} /> : <Waiting />}
      <Group justify="flex-end">
        <QueryLink document={query} variables={variables} />
      </Group>
    </Stack>
  );
}

export function Heading({ title, children, aside }: { title: ReactNode; children?: ReactNode; aside?: ReactNode }) {
  return (
    <Group justify="space-between" align="flex-end" gap="sm">
      <div>
        <Title order={1}>{title}</Title>
        {children && (
          <Text c="dimmed" fz="sm" component="div">
            {children}
          </Text>
        )}
      </div>
      {aside}
    </Group>
  );
}

export function Unknown({ what }: { what: string }) {
  return <Nothing title={`${what} not found`}>Check the id. The record may not exist, or you may not have access to it.</Nothing>;
}
