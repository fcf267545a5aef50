// What the server says of itself: its time, and in the demo whom one may be.

export interface Person {
  part: string;
  name: string;
  sentence: string;
  token: string;
}

export interface Situation {
  now: string;
  playground: boolean;
  people: Person[];
}

let ahead = 0; // milliseconds that the server's clock is ahead of the browser's; the demo's is months behind

export async function situation(): Promise<Situation> {
  const answer = await fetch("/console/situation");
  if (!answer.ok) throw new Error(`The server answered with status ${answer.status}.`);
  const told: Situation = await answer.json();
  ahead = Date.parse(told.now) - Date.now();
  return told;
}

/** The server's time. */
export function now(): Date {
  return new Date(Date.now() + ahead);
}

const TOKEN = "podgraph.token";
const PART = "podgraph.part";

/** Kept for this tab only: a token that was pasted, or the part played in the demo. */
export const kept = {
  token: () => sessionStorage.getItem(TOKEN),
  part: () => sessionStorage.getItem(PART),
  signIn: (token: string) => sessionStorage.setItem(TOKEN, token),
  become: (part: string) => sessionStorage.setItem(PART, part),
  signOut: () => sessionStorage.removeItem(TOKEN),
};

/** Whose token is sent: the one pasted, or that of the part played; null where there is neither. */
export function tokenOf({ people }: Situation): string | null {
  return people.find(({ part }) => part === kept.part())?.token ?? people[0]?.token ?? kept.token();
}
