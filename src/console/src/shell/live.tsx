// Pages stay true: whatever changes elsewhere is told by the event stream, and they ask again.
import { Group, Text, Tooltip } from "@mantine/core";
import type { ExecutionResult } from "graphql-sse";
import { useEffect, useState } from "react";
import { lastOf, useSession } from "./session.tsx";

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
  events(organizationId: $organization, afterSequence: $after) { sequence }
}`;
const PATIENCE = [500, 1000, 2000, 5000]; // milliseconds until the next try
const TOGETHER = 20; // milliseconds in which changes are answered by one question
const SILENCE = 40_000; // milliseconds without a word; the server says something every fifteen seconds

interface Told {
  events: { sequence: number };
}

export interface Stream {
  state: "connecting" | "live" | "lost" | "closed";
  sequence: number;
}

/** A request whose answer fails when it falls silent: a connection that is gone may never say so. */
async function heard(...asked: Parameters<typeof fetch>): Promise<Response> {
  const answer = await fetch(...asked);
  let silence: ReturnType<typeof setTimeout> | undefined;
  const listen = (stream: TransformStreamDefaultController) => {
    clearTimeout(silence);
    silence = setTimeout(() => stream.error(new Error("No response from the server.")), SILENCE);
  };
  const words = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    start: listen,
    transform(word, stream) {
      listen(stream);
      stream.enqueue(word);
    },
    flush: () => clearTimeout(silence),
  });
  return new Response(answer.body?.pipeThrough(words), answer);
}

/** A tab that nobody sees does not listen: a browser holds six connections to a server, for all its tabs. */
const seen = () =>
  new Promise<void>((looked) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      looked();
    };
    document.addEventListener("visibilitychange", look);
    look();
  });

interface Followed {
  organization: string;
  token: string;
  /** The last event that the pages have seen: those after it are told, whenever they happened. */
  after: number;
  signal: AbortSignal;
  tell: (stream: Stream) => void;
}

/** Follow the events of an organization after the last one seen, through every loss of the connection. */
async function follow({ organization, token, after, signal, tell }: Followed) {
  const { createClient } = await import("graphql-sse");
  const headers = { authorization: `Bearer ${token}` };
  let [last, tries] = [after, 0];
  let refreshing: ReturnType<typeof setTimeout> | undefined;
  const connected = () => {
    // Whatever failed while the server was away is asked for again.
    if (tries) refresh();
    tries = 0;
    tell({ state: "live", sequence: last });
  };
  for (await seen(); !signal.aborted; await seen()) {
    const client = createClient({ url: "/graphql", headers, retryAttempts: 0, fetchFn: heard, on: { connected } });
    const leave = () => (signal.aborted || document.hidden) && client.dispose();
    signal.addEventListener("abort", leave);
    document.addEventListener("visibilitychange", leave);
    try {
      const variables = { organization, after: last };
      const stream: AsyncIterable<ExecutionResult<Told, unknown>> = client.iterate<Told>({ query: DOCUMENT, variables });
      for await (const { data, errors } of stream) {
        // Some roles may read figures and not hear of the work: they are not told however often they ask.
        if (errors?.some(({ extensions }) => extensions?.code === "BAD_USER_INPUT")) return tell({ state: "closed", sequence: last });
        if (!data) break;
        last = data.events.sequence;
        tell({ state: "live", sequence: last });
        refreshing ??= setTimeout(() => {
          refreshing = undefined;
          refresh();
        }, TOGETHER);
      }
    } catch (error) {
      // The connection was lost: the loop takes it up again where it ended. A token that is not taken
      // any more is told by the pages themselves.
      if ((error as { response?: Response }).response?.status === 401) refresh();
    }
    signal.removeEventListener("abort", leave);
    document.removeEventListener("visibilitychange", leave);
    client.dispose();
    if (signal.aborted || document.hidden) continue;
    tell({ state: "lost", sequence: last });
    await new Promise((again) => setTimeout(again, PATIENCE[Math.min(tries++, PATIENCE.length - 1)]));
  }
}

const SAID = { connecting: "Connecting", live: "Live", lost: "Connection lost, reconnecting", closed: "Live updates unavailable" };

/** Whether the page hears of changes, and the number of the last. */
export function Connection({ token }: { token: string }) {
  const { organization } = useSession();
  const { id } = organization;
  // Asked before any page was: what happens from here on is told, and nothing twice.
  const after = lastOf(organization);
  const [stream, tell] = useState<Stream>({ state: "connecting", sequence: after });
  useEffect(() => {
    const ended = new AbortController();
    void follow({ organization: id, token, after, signal: ended.signal, tell });
    return () => ended.abort();
  }, [id, token, after]);
  return (
    <Tooltip label={`${SAID[stream.state]}, last event: ${stream.sequence}`}>
      <Group gap={6} wrap="nowrap" role="status" className="no-print">
        <span className={`dot ${stream.state}`} aria-hidden="true" />
        <Text fz="xs" c={stream.state === "lost" ? "red" : "dimmed"} className="figure">
          {SAID[stream.state]}
          <span className="number"> · {stream.sequence}</span>
        </Text>
      </Group>
    </Tooltip>
  );
}
