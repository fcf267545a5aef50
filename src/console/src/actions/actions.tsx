// What can be done with something, and what can not, with the reason.
import { Button, Menu, Text } from "@mantine/core";
import { words } from "../shell/figures.tsx";

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
  criteria?: { key: string; text: string }[];
}

export function Actions({ of, quiet = false }: Acted) {
  const [possible, blocked] = [true, false].map((enabled) => of.availableActions.filter((each) => each.enabled === enabled));
  return (
    <Menu position="bottom-end" width={320} withinPortal>
      <Menu.Target>
        <Button size="xs" variant={quiet || !possible?.length ? "subtle" : "light"} aria-label={`Actions on ${of.id}`} className="no-print">
          Actions
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={420} className="scrolls">
        {possible?.map(({ mutation }) => (
          <Menu.Item key={mutation}>{inWords(mutation)}</Menu.Item>
        ))}
        {blocked?.map(({ mutation, reason }) => (
          <Menu.Item key={mutation} disabled>
            {inWords(mutation)}
            <Text fz="xs">{reason}</Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
