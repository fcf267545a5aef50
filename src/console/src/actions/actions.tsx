// The actions on a record: enabled ones open a dialog, disabled ones show the reason.
import { Button, Menu, Text } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { humanize } from "../shell/format.ts";
import { useSession } from "../shell/session.tsx";
import { type FormValues, type MutationSpec, mutationSpec, subjectField } from "./mutations.ts";
import type { Choices } from "./choices.ts";

const Dialog = lazy(() => import("./dialog.tsx"));

export interface Action {
  mutation: string;
  enabled: boolean;
  reason: string | null;
}

/** `acceptDeliverable` as `Accept deliverable`. */
export const actionLabel = (mutation: string) => humanize(mutation.replace(/([a-z])([A-Z])/g, "$1_$2"));

interface ActionsProps {
  of: { id: string; availableActions: Action[] };
  kind: string;
  quiet?: boolean;
  choices?: Choices;
  /** Initial values of the form, by mutation. */
  initial?: Record<string, FormValues>;
}

/** The reason why an action is disabled, or null. */
function disabledReason({ mutation, enabled, reason }: Action): string | null {
  if (!enabled) return reason ?? "Not available now.";
  return mutationSpec(mutation) ? null : "Not supported by this server.";
}

export function Actions({ of, kind, quiet = false, choices, initial }: ActionsProps) {
  const [selected, select] = useState<Selection | null>(null);
  const available = of.availableActions.filter((action) => !disabledReason(action));
  const unavailable = of.availableActions.filter(disabledReason);
  return (
    <>
      <Menu position="bottom-end" width={320} withinPortal>
        <Menu.Target>
          <Button size="xs" variant={quiet || !available.length ? "subtle" : "light"} aria-label={`Actions on ${of.id}`} className="no-print">
            Actions
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah={420} className="scrolls">
          {available.map(({ mutation }) => (
            <Menu.Item key={mutation} onClick={() => select(selection(mutation))}>
              {actionLabel(mutation)}
            </Menu.Item>
          ))}
          {unavailable.map((action) => (
            <Menu.Item key={action.mutation} disabled>
              {actionLabel(action.mutation)}
              <Text fz="xs">{disabledReason(action)}</Text>
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {selected && (
        <Suspense>
          <Dialog
            {...selected}
            fixed={{ [subjectField(selected.spec, kind) ?? "id"]: of.id }}
            choices={choices}
            initial={initial?.[selected.mutation]}
            close={() => select(null)}
          />
        </Suspense>
      )}
    </>
  );
}

interface Selection {
  mutation: string;
  spec: MutationSpec;
}

function selection(mutation: string): Selection | null {
  const spec = mutationSpec(mutation);
  return spec ? { mutation, spec } : null;
}

interface CreateButtonProps {
  mutation: string;
  fixed?: Record<string, string>;
  choices?: Choices;
}

/** A button that creates a record; hidden from users without a required role. */
export function CreateButton({ mutation, fixed = {}, choices }: CreateButtonProps) {
  const { roles } = useSession();
  const [opened, open] = useState(false);
  const spec = mutationSpec(mutation);
  if (!spec?.roles.some((role) => roles.includes(role))) return null;
  return (
    <>
      <Button size="xs" className="no-print" onClick={() => open(true)}>
        {actionLabel(mutation)}
      </Button>
      {opened && (
        <Suspense>
          <Dialog mutation={mutation} spec={spec} fixed={fixed} choices={choices} close={() => open(false)} />
        </Suspense>
      )}
    </>
  );
}
