// A part of a page: a titled card, a figure, a table that scrolls by itself on a phone.
import { Card, Group, Table, Text, Title } from "@mantine/core";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { Go } from "./go.tsx";

interface Part {
  title: string;
  children: ReactNode;
  aside?: ReactNode;
  id?: string;
}

export function Panel({ title, children, aside, id }: Part) {
  return (
    <Card component="section" withBorder padding="md" radius="md" aria-label={title} id={id} className="panel">
      <Group justify="space-between" mb="sm" gap="xs">
        <Title order={2}>{title}</Title>
        {aside}
      </Group>
      {children}
    </Card>
  );
}

interface Tile {
  label: string;
  children: ReactNode;
  note?: ReactNode;
  tone?: "bad";
  /** Its place: where it comes from. */
  to?: string;
}

export function Figure({ label, children, note, tone, to }: Tile) {
  return (
    <Card withBorder padding="md" radius="md" className="tile">
      <Text fz="xs" c="dimmed" fw={600}>
        {label}
      </Text>
      <Text className="figure big" fw={650} lh={1.3} c={tone === "bad" ? "red" : undefined}>
        {to ? (
          <Go to={to} plain>
            {children}
          </Go>
        ) : (
          children
        )}
      </Text>
      <Text fz="xs" c="dimmed" component="div">
        {note ?? "\u00a0"}
      </Text>
    </Card>
  );
}

interface Listed {
  label: string;
  heads: string[];
  children: ReactNode;
  /** Many columns: smaller, and closer to each other. */
  dense?: boolean;
}

/** Rows under heads; a head that ends in `#` is a column of figures, aligned right. */
export function Rows({ label, heads, children, dense = false }: Listed) {
  const body = useRef<HTMLTableSectionElement>(null);
  // A phone shows each cell under its head: the first needs none.
  useLayoutEffect(() => {
    for (const row of body.current?.rows ?? [])
      for (const [index, cell] of [...row.cells].entries()) {
        const head = heads[index]?.replace(/#$/, "");
        if (index && head) cell.dataset.head = head;
      }
  });
  return (
    <Table.ScrollContainer minWidth={0} type="native" tabIndex={0} role="group" aria-label={label}>
      <Table verticalSpacing="xs" highlightOnHover className={dense ? "rows dense" : "rows"}>
        <Table.Thead>
          <Table.Tr>
            {heads.map((head) =>
              head ? (
                <Table.Th key={head} ta={head.endsWith("#") ? "right" : undefined}>
                  {head.replace(/#$/, "")}
                </Table.Th>
              ) : (
                <Table.Td key="actions" />
              ),
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody ref={body}>{children}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
