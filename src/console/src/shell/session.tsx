// The current user and the selected organization.
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { useQuery } from "urql";
import { SessionDocument, type SessionQuery } from "#queries/session";
import { EmptyState, Loading, QueryError } from "./states.tsx";
import { type Config, type Person, tabStorage } from "./config.ts";

export type Organization = SessionQuery["viewer"]["organizations"]["nodes"][number];

/** The sequence number of the last event of an organization. */
export const lastSequence = ({ events }: Organization) => events.nodes[0]?.sequence ?? 0;

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

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession must be used inside SessionProvider.");
  return session;
}

const ORGANIZATION_KEY = "podgraph.organization";

export function SessionProvider({ config, children }: { config: Config; children: ReactNode }) {
  const [{ data, error }, refetch] = useQuery({ query: SessionDocument });
  const [chosen, setChosen] = useState(() => sessionStorage.getItem(ORGANIZATION_KEY));
  const session = useMemo(() => {
    const organizations = data?.viewer.organizations.nodes ?? [];
    const busiest = [...organizations].sort((one, other) => lastSequence(other) - lastSequence(one))[0];
    const organization = organizations.find(({ id }) => id === chosen) ?? busiest;
    if (!data || !organization) return null;
    const choose = (id: string) => {
      sessionStorage.setItem(ORGANIZATION_KEY, id);
      setChosen(id);
    };
    const { user, roles } = data.viewer;
    const { people, playground } = config;
    const part = people.find((person) => person.part === tabStorage.part())?.part ?? people[0]?.part ?? null;
    return { organization, organizations, choose, name: user?.name ?? "API token", roles, people, part, playground };
  }, [data, chosen, config]);

  if (session) return <SessionContext value={session}>{children}</SessionContext>;
  if (error) return <QueryError error={error} retry={() => refetch({ requestPolicy: "network-only" })} />;
  if (data) return <EmptyState title="No organization">This token has no access to an organization.</EmptyState>;
  return <Loading />;
}
