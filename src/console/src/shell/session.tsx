// Who looks, and at which organization.
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { useQuery } from "urql";
import { SessionDocument, type SessionQuery } from "#asked/session";
import { Broken, Nothing, Waiting } from "./states.tsx";
import { kept, type Person, type Situation } from "./situation.ts";

export type Organization = SessionQuery["viewer"]["organizations"]["nodes"][number];

/** The number of the last event of an organization. */
export const lastOf = ({ events }: Organization) => events.nodes[0]?.sequence ?? 0;

export interface Session {
  organization: Organization;
  organizations: Organization[];
  choose: (id: string) => void;
  name: string;
  roles: string[];
  people: Person[];
  part: string | null;
  playground: boolean;
}

const Current = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(Current);
  if (!session) throw new Error("useSession must be used inside SessionProvider.");
  return session;
}

const CHOSEN = "podgraph.organization";

export function SessionProvider({ situation, children }: { situation: Situation; children: ReactNode }) {
  const [{ data, error }, again] = useQuery({ query: SessionDocument });
  const [chosen, setChosen] = useState(() => sessionStorage.getItem(CHOSEN));
  const session = useMemo(() => {
    const organizations = data?.viewer.organizations.nodes ?? [];
    const busiest = [...organizations].sort((one, other) => lastOf(other) - lastOf(one))[0];
    const organization = organizations.find(({ id }) => id === chosen) ?? busiest;
    if (!data || !organization) return null;
    const choose = (id: string) => {
      sessionStorage.setItem(CHOSEN, id);
      setChosen(id);
    };
    const { user, roles } = data.viewer;
    const { people, playground } = situation;
    const part = people.find((person) => person.part === kept.part())?.part ?? people[0]?.part ?? null;
    return { organization, organizations, choose, name: user?.name ?? "API token", roles, people, part, playground };
  }, [data, chosen, situation]);

  if (session) return <Current value={session}>{children}</Current>;
  if (error) return <Broken error={error} again={() => again({ requestPolicy: "network-only" })} />;
  if (data) return <Nothing title="No organization">This token has no access to an organization.</Nothing>;
  return <Waiting />;
}
