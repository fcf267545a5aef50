// Live updates: open pages refetch when the event stream reports a change.
import { Group, Text, Tooltip } from "@mantine/core";
import type { ExecutionResult } from "graphql-sse";
import { useEffect, useState } from "react";
import { lastSequence, useSession } from "./session.tsx";

const subscribers = new Set<() => void>();

/** Refetch every open page. */
export function refresh() {
  for (const callback of subscribers) callback();
}

export function useRefresh(callback: () => void) {
  useEffect(() => {
    subscribers.add(callback);
    return () => void subscribers.delete(callback);
  });
}

const DOCUMENT = `subscription Live($organization: ID!, $after: Int) {
  events(organizationId: $organization, afterSequence: $after) { sequence }
}`;
const RETRY_DELAYS = [500, 1000, 2000, 5000]; // milliseconds before each retry
const BATCH_DELAY = 20; // milliseconds; changes within it share one refresh
const IDLE_TIMEOUT = 40_000; // milliseconds; the server sends a message every 15 seconds

interface EventData {
  events: { sequence: number };
}

export interface Stream {
  state: "connecting" | "live" | "lost" | "closed";
  sequence: number;
}

/** Fetch with an idle timeout, since a broken connection may not raise an error. */
async function fetchWithIdleTimeout(...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request);
  let timeout: ReturnType<typeof setTimeout> | undefined;
  const listen = (stream: TransformStreamDefaultController) => {
    clearTimeout(timeout);
    timeout = setTimeout(() => stream.error(new Error("No response from the server.")), IDLE_TIMEOUT);
  };
  const chunks = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    start: listen,
    transform(chunk, stream) {
      listen(stream);
      stream.enqueue(chunk);
    },
    flush: () => clearTimeout(timeout),
  });
  return new Response(response.body?.pipeThrough(chunks), response);
}

/** Wait until the tab is visible: browsers allow six connections per server, shared by all tabs. */
const whenVisible = () =>
  new Promise<void>((resolve) => {
    const check = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", check);
      resolve();
    };
    document.addEventListener("visibilitychange", check);
    check();
  });

interface FollowOptions {
  organization: string;
  token: string;
  /** Sequence number of the last event that the pages include; later events follow. */
  after: number;
  signal: AbortSignal;
  onChange: (stream: Stream) => void;
}

/** Follow the events of an organization, and reconnect after the last event received. */
async function follow({ organization, token, after, signal, onChange }: FollowOptions) {
  const { createClient } = await import("graphql-sse");
  const headers = { authorization: `Bearer ${token}` };
  let [last, tries] = [after, 0];
  let refreshing: ReturnType<typeof setTimeout> | undefined;
  const connected = () => {
    // Refetch whatever failed while the server was unavailable.
    if (tries) refresh();
    tries = 0;
    onChange({ state: "live", sequence: last });
  };
  for (await whenVisible(); !signal.aborted; await whenVisible()) {
    const client = createClient({ url: "/graphql", headers, retryAttempts: 0, fetchFn: fetchWithIdleTimeout, on: { connected } });
    const disconnect = () => (signal.aborted || document.hidden) && client.dispose();
    signal.addEventListener("abort", disconnect);
    document.addEventListener("visibilitychange", disconnect);
    try {
      const variables = { organization, after: last };
      const stream: AsyncIterable<ExecutionResult<EventData, unknown>> = client.iterate<EventData>({ query: DOCUMENT, variables });
      for await (const { data, errors } of stream) {
        // Some roles may not subscribe to events, so do not retry.
        if (errors?.some(({ extensions }) => extensions?.code === "BAD_USER_INPUT")) return onChange({ state: "closed", sequence: last });
        if (!data) break;
        last = data.events.sequence;
        onChange({ state: "live", sequence: last });
        refreshing ??= setTimeout(() => {
          refreshing = undefined;
          refresh();
        }, BATCH_DELAY);
      }
    } catch (error) {
      // The connection was lost and the loop reconnects. A refetch of the pages handles a rejected token.
      if ((error as { response?: Response }).response?.status === 401) refresh();
    }
    signal.removeEventListener("abort", disconnect);
    document.removeEventListener("visibilitychange", disconnect);
    client.dispose();
    if (signal.aborted || document.hidden) continue;
    onChange({ state: "lost", sequence: last });
    await new Promise((resolve) => setTimeout(resolve, RETRY_DELAYS[Math.min(tries++, RETRY_DELAYS.length - 1)]));
  }
}

const LABELS = { connecting: "Connecting", live: "Live", lost: "Connection lost, reconnecting", closed: "Live updates unavailable" };

/** The connection status and the number of the last event. */
export function Connection({ token }: { token: string }) {
  const { organization } = useSession();
  const { id } = organization;
  // Fetched before any page, so that no event is missed.
  const after = lastSequence(organization);
  const [stream, onChange] = useState<Stream>({ state: "connecting", sequence: after });
  useEffect(() => {
    const ended = new AbortController();
    void follow({ organization: id, token, after, signal: ended.signal, onChange });
    return () => ended.abort();
  }, [id, token, after]);
  return (
    <Tooltip label={`${LABELS[stream.state]}, last event: ${stream.sequence}`}>
      <Group gap={6} wrap="nowrap" role="status" className="no-print">
        <span className={`dot ${stream.state}`} aria-hidden="true" />
        <Text fz="xs" c={stream.state === "lost" ? "red" : "dimmed"} className="figure">
          {LABELS[stream.state]}
          <span className="number"> · {stream.sequence}</span>
        </Text>
      </Group>
    </Tooltip>
  );
}
