// What can be done with something, and what can not, with the reason.
import { Button, Menu, Text } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { words } from "../shell/figures.tsx";
import { playgroundOf } from "../shell/page.tsx";
import { type Ability, abilityOf, documentOf, fitsAForm, subjectOf } from "./abilities.ts";

const Dialog = lazy(() => import("./dialog.tsx"));

export interface Action {
  mutation: string;
  enabled: boolean;
  reason: string | null;
}

/** `acceptDeliverable` as `Accept deliverable`. */
export const inWords = (mutation: string) => words(mutation.replace(/([a-z])([A-Z])/g, "$1_$2"));

interface Acted {
  of: { id: string; version?: number; availableActions: Action[] };
  kind: string;
  quiet?: boolean;
  criteria?: { key: string; text: string }[];
}

/** Why an action can not be taken, or null. */
function hindrance({ mutation, enabled, reason }: Action): string | null {
  if (!enabled) return reason ?? "Not now.";
  return abilityOf(mutation) ? null : "This server can not do it yet.";
}

export function Actions({ of, kind, quiet = false, criteria }: Acted) {
  const [asked, ask] = useState<{ mutation: string; ability: Ability } | null>(null);
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
            <Possible key={mutation} mutation={mutation} of={of} kind={kind} ask={ask} />
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
          <Dialog {...asked} of={of} kind={kind} criteria={criteria} close={() => ask(null)} />
        </Suspense>
      )}
    </>
  );
}

interface Choice extends Pick<Acted, "of" | "kind"> {
  mutation: string;
  ask: (asked: { mutation: string; ability: Ability }) => void;
}

/** An action that a form can ask for opens it; one that needs lists of records is written in the playground. */
function Possible({ mutation, of, kind, ask }: Choice) {
  const ability = abilityOf(mutation);
  if (!ability) return null;
  if (fitsAForm(ability)) return <Menu.Item onClick={() => ask({ mutation, ability })}>{inWords(mutation)}</Menu.Item>;
  const input = { [subjectOf(ability, kind) ?? "id"]: of.id, dryRun: true };
  return (
    <Menu.Item component="a" href={playgroundOf(documentOf(mutation, ability), { input })}>
      {inWords(mutation)}
      <Text fz="xs">in the playground</Text>
    </Menu.Item>
  );
}
