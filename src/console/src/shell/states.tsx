// Loading, empty and error states of a page.
import { Alert, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { Component, type ReactNode } from "react";
import type { CombinedError } from "urql";

export function Loading() {
  return (
    <Stack gap="md" role="status" aria-label="Loading">
      <Skeleton height={28} width="40%" />
      <Group grow>
        {[1, 2, 3].map((each) => (
          <Skeleton key={each} height={92} />
        ))}
      </Group>
      <Skeleton height={240} />
      <Skeleton height={160} />
    </Stack>
  );
}

export function EmptyState({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Stack gap={2} py="lg" align="center" ta="center">
      <Text fw={600}>{title}</Text>
      {children && (
        <Text c="dimmed" fz="sm" maw={420}>
          {children}
        </Text>
      )}
    </Stack>
  );
}

/** Catches errors of a page, so that the navigation stays usable. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  render() {
    if (!this.state.failed) return this.props.children;
    return (
      <Alert color="red" title="This page could not be loaded" role="alert">
        <Stack gap="sm" align="flex-start">
          <Text fz="sm">The server is unavailable, or a new version was deployed.</Text>
          <Button size="xs" variant="default" onClick={() => location.reload()}>
            Reload
          </Button>
        </Stack>
      </Alert>
    );
  }
}

const traceId = (error: CombinedError) => error.graphQLErrors.map(({ extensions }) => extensions.traceId).find(Boolean);

export function QueryError({ error, retry }: { error: CombinedError; retry: () => void }) {
  const offline = Boolean(error.networkError);
  const message = offline ? "The page will load when the server responds." : error.graphQLErrors[0]?.message;
  return (
    <Alert color="red" title={offline ? "Cannot reach the server" : "Could not load this page"} role="alert">
      <Stack gap="sm" align="flex-start">
        <Text fz="sm">{message}</Text>
        {traceId(error) ? <Text fz="xs">Trace id: {String(traceId(error))}</Text> : null}
        <Button size="xs" variant="default" onClick={retry}>
          Try again
        </Button>
      </Stack>
    </Alert>
  );
}
