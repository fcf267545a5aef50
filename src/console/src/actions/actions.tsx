// The actions on a record: enabled ones open a dialog, disabled ones show the reason.
import { Button, Menu, Text } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { words } from "../shell/format.ts";
import { useSession } from "../shell/session.tsx";
import { type Ability, abilityOf, subjectOf, type Written } from "./abilities.ts";
import type { Choices } from "./choices.ts";

const Dialog = lazy(() => import("./dialog.tsx"));

export interface Action {
  mutation: string;
  enabled: boolean;
  reason: string | null;
}

/** `acceptDeliverable` as `Accept deliverable`. */
export const inWords = (mutation: string) => words(mutation.replace(/([a-z])([A-Z])/g, "$1_$2"));

interface Acted {
  of: { id: string; availableActions: Action[] };
  kind: string;
  quiet?: boolean;
  choices?: Choices;
  /** Initial values of the form, by mutation. */
  begun?: Record<string, Written>;
}

/** The reason why an action is disabled, or null. */
function hindrance({ mutation, enabled, reason }: Action): string | null {
  if (!enabled) return reason ?? "Not available now.";
  return abilityOf(mutation) ? null : "Not supported by this server.";
}

export function Actions({ of, kind, quiet = false, choices, begun }: Acted) {
  const [asked, ask] = useState<Asked | null>(null);
  const possible = of.availableActions.filter((action) => !hindrance(action));
  const blocked = of.availableActions.filter(hindrance);
  return (
    <>
      <Menu position="bottom-end" width={320} withinPortal>
        <Menu.Target>
          <Button size="xs" variant={quiet || !possible.length ? "subtle" : "light"} aria-label={`Actions on ${of.id}`} className="no-print">
            Actions
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah={420} className="scrolls">
          {possible.map(({ mutation }) => (
            <Menu.Item key={mutation} onClick={() => ask(asking(mutation))}>
              {inWords(mutation)}
            </Menu.Item>
          ))}
          {blocked.map((action) => (
            <Menu.Item key={action.mutation} disabled>
              {inWords(action.mutation)}
              <Text fz="xs">{hindrance(action)}</Text>
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {asked && (
        <Suspense>
          <Dialog
            {...asked}
            given={{ [subjectOf(asked.ability, kind) ?? "id"]: of.id }}
            choices={choices}
            begun={begun?.[asked.mutation]}
            close={() => ask(null)}
          />
        </Suspense>
      )}
    </>
  );
}

interface Asked {
  mutation: string;
  ability: Ability;
}

function asking(mutation: string): Asked | null {
  const ability = abilityOf(mutation);
  return ability ? { mutation, ability } : null;
}

interface Begun {
  mutation: string;
  given?: Record<string, string>;
  choices?: Choices;
}

/** A button that creates a record; hidden from users without a required role. */
export function Begin({ mutation, given = {}, choices }: Begun) {
  const { roles } = useSession();
  const [opened, open] = useState(false);
  const ability = abilityOf(mutation);
  if (!ability?.roles.some((role) => roles.includes(role))) return null;
  return (
    <>
      <Button size="xs" className="no-print" onClick={() => open(true)}>
        {inWords(mutation)}
      </Button>
      {opened && (
        <Suspense>
          <Dialog mutation={mutation} ability={ability} given={given} choices={choices} close={() => open(false)} />
        </Suspense>
      )}
    </>
  );
}
