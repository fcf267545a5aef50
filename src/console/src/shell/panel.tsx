// Building blocks of a page: panel, stat card, and a table that turns into cards on a phone.
import { Card, Group, Table, Text, Title } from "@mantine/core";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { TextLink } from "./text-link.tsx";

interface PanelProps {
  title: string;
  children: ReactNode;
  aside?: ReactNode;
  id?: string;
}

export function Panel({ title, children, aside, id }: PanelProps) {
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

interface StatCardProps {
  label: string;
  children: ReactNode;
  note?: ReactNode;
  tone?: "bad";
  /** Link target. */
  to?: string;
}

export function StatCard({ label, children, note, tone, to }: StatCardProps) {
  return (
    <Card withBorder padding="md" radius="md" className="tile">
      <Text fz="xs" c="dimmed" fw={600}>
        {label}
      </Text>
      <Text className="figure big" fw={650} lh={1.3} c={tone === "bad" ? "red" : undefined}>
        {to ? (
          <TextLink to={to} plain>
            {children}
          </TextLink>
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

interface DataTableProps {
  label: string;
  headers: string[];
  children: ReactNode;
  /** Smaller text and spacing, for many columns. */
  dense?: boolean;
}

/** A data table; a header that ends in `#` is a right-aligned column of numbers. */
export function DataTable({ label, headers, children, dense = false }: DataTableProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  // A phone shows the header next to each cell, except for the first column.
  useLayoutEffect(() => {
    for (const row of body.current?.rows ?? [])
      for (const [index, cell] of [...row.cells].entries()) {
        const head = headers[index]?.replace(/#$/, "");
        if (index && head) cell.dataset.head = head;
      }
  });
  return (
    <Table.ScrollContainer minWidth={0} type="native" tabIndex={0} role="group" aria-label={label}>
      <Table verticalSpacing="xs" highlightOnHover className={dense ? "rows dense" : "rows"}>
        <Table.Thead>
          <Table.Tr>
            {headers.map((head) =>
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
