// A page: its title, its query and the link to the playground.
import { Anchor, Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect, useMemo } from "react";
import { type AnyVariables, type TypedDocumentNode, useQuery } from "urql";
import { Icon } from "./icons.tsx";
import { useRefresh } from "./live.tsx";
import { useSession } from "./session.tsx";
import { EmptyState, Loading, QueryError } from "./states.tsx";

/** The URL of the playground with a document and its variables. */
export function playgroundOf(document: unknown, variables: unknown): string {
  const parameters = new URLSearchParams({ query: String(document), variables: JSON.stringify(variables, null, 2) });
  return `/playground#${parameters}`;
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

interface PageProps<Data, Variables extends AnyVariables> {
  query: TypedDocumentNode<Data, Variables>;
  variables: Variables;
  title: string;
  children: (data: Data) => ReactNode;
}

/** A page with one query, refetched on every change. */
export function Page<Data, Variables extends AnyVariables>({ query, variables, title, children }: PageProps<Data, Variables>) {
  const [{ data, error, stale }, refetch] = useQuery<Data, AnyVariables>({ query, variables });
  const retry = () => refetch({ requestPolicy: "network-only" });
  useRefresh(retry);
  // Memoized, since drawing charts takes longer than fetching their data.
  const content = useMemo(() => data && children(data), [data, variables]);
  const loaded = data !== undefined;
  useEffect(() => {
    // The target of the URL fragment exists once the data is loaded.
    if (loaded && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, [loaded]);
  useEffect(() => {
    document.title = `${title} · Podgraph`;
  }, [title]);
  return (
    <Stack gap="lg" aria-busy={stale || undefined}>
      {data ? content : error ? <QueryError error={error} retry={retry} /> : <Loading />}
      <Group justify="flex-end">
        <QueryLink document={query} variables={variables} />
      </Group>
    </Stack>
  );
}

export function PageHeader({ title, children, aside }: { title: ReactNode; children?: ReactNode; aside?: ReactNode }) {
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

export function NotFound({ what }: { what: string }) {
  return <EmptyState title={`${what} not found`}>Check the id. The record may not exist, or you may not have access to it.</EmptyState>;
}
