// The configuration from the server: its time, and the users of the demo.

export interface Person {
  part: string;
  name: string;
  sentence: string;
  token: string;
}

export interface Config {
  now: string;
  playground: boolean;
  people: Person[];
}

let clockOffset = 0; // milliseconds by which the server's clock is ahead; the demo's is months behind

export async function loadConfig(): Promise<Config> {
  const response = await fetch("/console/config");
  if (!response.ok) throw new Error(`The server returned status ${response.status}.`);
  const config: Config = await response.json();
  clockOffset = Date.parse(config.now) - Date.now();
  return config;
}

/** The server's time. */
export function now(): Date {
  return new Date(Date.now() + clockOffset);
}

const TOKEN = "podgraph.token";
const PART = "podgraph.part";

/** Session storage of this tab: the pasted token and the selected user of the demo. */
export const tabStorage = {
  token: () => sessionStorage.getItem(TOKEN),
  part: () => sessionStorage.getItem(PART),
  signIn: (token: string) => sessionStorage.setItem(TOKEN, token),
  setPart: (part: string) => sessionStorage.setItem(PART, part),
  signOut: () => sessionStorage.removeItem(TOKEN),
};

/** Exchanges the code of a one-time sign-in link for a token; returns an error if that fails. */
export async function redeemLink(): Promise<string | undefined> {
  if (location.pathname !== "/sign-in") return undefined;
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  history.replaceState(null, "", "/");
  if (!code) return undefined;
  const headers = { "content-type": "application/json" };
  const response = await fetch("/sign-in", { method: "POST", headers, body: JSON.stringify({ code }) });
  const answer = await response.json();
  if (!response.ok) return answer.errors[0].message;
  tabStorage.signIn(answer.token);
  return undefined;
}

/** The token to send: that of the selected demo user, or the pasted one; null if there is none. */
export function tokenOf({ people }: Config): string | null {
  return people.find(({ part }) => part === tabStorage.part())?.token ?? people[0]?.token ?? tabStorage.token();
}
