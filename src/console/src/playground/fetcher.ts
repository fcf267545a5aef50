// The fetcher of the playground: queries and mutations over POST, subscriptions over server-sent events.
import type { Fetcher } from "@graphiql/toolkit";
import { createClient } from "graphql-sse";
import { type OperationDefinitionNode, parse } from "graphql";
import guards from "#guards";
import { recordStats } from "./stats.ts";

interface Extensions {
  cost?: { actual?: number; requested?: number };
  execution?: { statements?: number };
}

export function createFetcher(token: string | null): Fetcher {
  const authorization: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  let [started, events] = [0, 0];
  const stream = createClient({
    url: "/graphql",
    headers: authorization,
    on: { message: ({ event, data }) => event === "next" && reportStats(data ?? {}, started, ++events) },
  });
  return async (params, options) => {
    const headers = { ...authorization, ...options?.headers };
    const operation = operationOf(params.query, params.operationName);
    // GraphiQL may send the operation name of the previous document.
    const body = { ...params, operationName: operation?.name?.value };
    started = performance.now();
    events = 0;
    if (operation?.operation === "subscription") return stream.iterate(body);
    const startedAt = started;
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body),
    });
    const result = await response.json();
    if (result.data?.__schema) annotate(result.data.__schema.types);
    else reportStats(result, startedAt);
    return result;
  };
}

/** Record the cost and duration of a response; the responses of a subscription are numbered. */
function reportStats({ extensions = {} }: { extensions?: Extensions }, started: number, event?: number) {
  const { cost, execution } = extensions;
  recordStats({
    event,
    milliseconds: performance.now() - started,
    statements: execution?.statements,
    cost: cost?.actual ?? cost?.requested,
  });
}

interface IntrospectedType {
  name: string;
  fields: { name: string; description?: string | null; isDeprecated: boolean }[] | null;
}

/** Prepend required roles and deprecation to descriptions, as introspection has no directives. */
function annotate(types: IntrospectedType[]) {
  for (const kind of types)
    for (const field of kind.fields ?? []) {
      const roles = (guards as Record<string, string[]>)[`${kind.name}.${field.name}`];
      if (roles) field.description = `Requires one of: ${roles.join(", ")}. ${field.description}`;
      if (field.isDeprecated) field.description = `Deprecated. ${field.description}`;
    }
}

function operationOf(query: string, name?: string | null): OperationDefinitionNode | undefined {
  const operations = parse(query).definitions.filter((each) => each.kind === "OperationDefinition");
  return operations.find((each) => each.name?.value === name) ?? operations[0];
}
