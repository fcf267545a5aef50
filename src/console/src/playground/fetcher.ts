// The fetcher of the playground: queries and mutations over POST, subscriptions over server-sent events.
import type { Fetcher } from "@graphiql/toolkit";
import { createClient } from "graphql-sse";
import { type OperationDefinitionNode, parse } from "graphql";
import guards from "#guards";
import { measured } from "./measure.ts";

interface Extensions {
  cost?: { actual?: number; requested?: number };
  execution?: { statements?: number };
}

export function fetcherWith(token: string | null): Fetcher {
  const authorization: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  let [began, answers] = [0, 0];
  const stream = createClient({
    url: "/graphql",
    headers: authorization,
    on: { message: ({ event, data }) => event === "next" && measure(data ?? {}, began, ++answers) },
  });
  return async (asked, options) => {
    const headers = { ...authorization, ...options?.headers };
    const operation = operationOf(asked.query, asked.operationName);
    // GraphiQL may still hold the name of the document that was in the editor before.
    const body = { ...asked, operationName: operation?.name?.value };
    began = performance.now();
    answers = 0;
    if (operation?.operation === "subscription") return stream.iterate(body);
    const asking = began;
    const answer = await fetch("/graphql", {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body),
    });
    const told = await answer.json();
    if (told.data?.__schema) mark(told.data.__schema.types);
    else measure(told, asking);
    return told;
  };
}

/** Record the cost and duration of a response; the responses of a subscription are numbered. */
function measure({ extensions = {} }: { extensions?: Extensions }, began: number, answer?: number) {
  const { cost, execution } = extensions;
  measured({
    answer,
    milliseconds: performance.now() - began,
    statements: execution?.statements,
    cost: cost?.actual ?? cost?.requested,
  });
}

interface Described {
  name: string;
  fields: { name: string; description?: string | null; isDeprecated: boolean }[] | null;
}

/** Prepend required roles and deprecation to descriptions, as introspection has no directives. */
function mark(types: Described[]) {
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
