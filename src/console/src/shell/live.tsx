// Pages stay true: whatever changes elsewhere is told by the event stream, and they ask again.
import { Group, Text, Tooltip } from "@mantine/core";
import type { ExecutionResult } from "graphql-sse";
import { useEffect, useState } from "react";
import { LIVE } from "../actions/abilities.ts";
import { useSession } from "./session.tsx";

const waiting = new Set<() => void>();

/** Ask every open page again. */
export function refresh() {
  for (const ask of waiting) ask();
}

export function useRefresh(ask: () => void) {
  useEffect(() => {
    waiting.add(ask);
    return () => void waiting.delete(ask);
  });
}

const DOCUMENT = `subscription Live($organization: ID!, $after: Int) {
  events(organizationId: $organization, afterSequence: $after) { id sequence previousSequence type subjectId }
}`;
const PATIENCE = [500, 1000, 2000, 5000]; // milliseconds until the next try
const TOGETHER = 100; // milliseconds in which changes are answered by one question

interface Told {
  events: { sequence: number; previousSequence: number | null; type: string };
}

export interface Stream {
  state: "connecting" | "live" | "lost";
  sequence: number | null;
  type: string | null;
}

/** Follow the events of an organization from the last one seen, through every loss of the connection. */
async function follow(organization: string, token: string, signal: AbortSignal, tell: (stream: Stream) => void) {
  const { createClient } = await import("graphql-sse");
  let after: number | null = null;
  let tries = 0;
  let refreshing: ReturnType<typeof setTimeout> | undefined;
  while (!signal.aborted) {
    const client = createClient({
      url: "/graphql",
      headers: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
      on: {
        connected: () => {
          if (tries) refresh();
          tries = 0;
          tell({ state: "live", sequence: after, type: null });
        },
      },
    });
    signal.addEventListener("abort", () => client.dispose(), { once: true });
    try {
      const stream: AsyncIterable<ExecutionResult<Told, unknown>> = client.iterate<Told>({ query: DOCUMENT, variables: { organization, after } });
      for await (const { data } of stream) {
        const event: Told["events"] | undefined = data?.events;
        if (!event) break;
        after = event.sequence;
        tell({ state: "live", sequence: after, type: event.type });
        clearTimeout(refreshing);
        refreshing = setTimeout(refresh, TOGETHER);
      }
    } catch {
      // The connection was lost: the loop takes it up again where it ended.
    }
    client.dispose();
    if (signal.aborted) return;
    tell({ state: "lost", sequence: after, type: null });
    await new Promise((again) => setTimeout(again, PATIENCE[Math.min(tries++, PATIENCE.length - 1)]));
  }
}

const SAID = { connecting: "Connecting", live: "Live", lost: "Connection lost, trying again" };

/** Whether the page hears of changes, and the number of the last. */
export function Connection({ token }: { token: string }) {
  const { organization } = useSession();
  const [stream, tell] = useState<Stream>({ state: "connecting", sequence: null, type: null });
  useEffect(() => {
    if (!LIVE) return;
    const ended = new AbortController();
    void follow(organization.id, token, ended.signal, tell);
    return () => ended.abort();
  }, [organization.id, token]);
  if (!LIVE) return null;
  return (
    <Tooltip label={stream.sequence === null ? SAID[stream.state] : `${SAID[stream.state]}, last event no. ${stream.sequence}`}>
      <Group gap={6} wrap="nowrap" role="status" className="no-print">
        <span className={`dot ${stream.state}`} aria-hidden="true" />
        <Text fz="xs" c={stream.state === "lost" ? "red" : "dimmed"} className="figure">
          {SAID[stream.state]}
          {stream.sequence !== null && ` · ${stream.sequence}`}
        </Text>
      </Group>
    </Tooltip>
  );
}
