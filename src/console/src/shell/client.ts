// The GraphQL client.
import { Client, cacheExchange, fetchExchange, mapExchange } from "urql";

/** A client that sends a token; `onUnauthenticated` is called when the token is rejected. */
export function createGraphQLClient(token: string, onUnauthenticated: (reason: string) => void): Client {
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    fetchOptions: { headers: { authorization: `Bearer ${token}` } },
    requestPolicy: "cache-and-network",
    exchanges: [
      mapExchange({
        onError(error) {
          const reason = error.graphQLErrors.find(({ extensions }) => extensions.code === "UNAUTHENTICATED");
          if (reason) onUnauthenticated(reason.message);
        },
      }),
      cacheExchange,
      fetchExchange,
    ],
  });
}
