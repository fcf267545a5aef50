// The way to the API: one endpoint, one token.
import { Client, cacheExchange, fetchExchange, mapExchange } from "urql";

/** A client of the API that speaks with a token; `refused` is told when the token is not taken. */
export function clientWith(token: string, refused: (reason: string) => void): Client {
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    fetchOptions: { headers: { authorization: `Bearer ${token}` } },
    requestPolicy: "cache-and-network",
    exchanges: [
      mapExchange({
        onError(error) {
          const reason = error.graphQLErrors.find(({ extensions }) => extensions.code === "UNAUTHENTICATED");
          if (reason) refused(reason.message);
        },
      }),
      cacheExchange,
      fetchExchange,
    ],
  });
}
