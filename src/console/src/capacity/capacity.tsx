// Capacity: pools, allocations and their utilisation, and forecast demand.
import { Group, List, NativeSelect, Progress, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useMemo } from "react";
import { useSearchParams } from "wouter";
import { CapacityDocument, type CapacityQuery, type QuarterFragment } from "#queries/capacity";
import { Actions } from "../actions/actions.tsx";
import { BarChart } from "../shell/chart.tsx";
import { DateTime, Money, StatusBadge } from "../shell/values.tsx";
import { decimal, humanize, percent, quantity, withUnit } from "../shell/format.ts";
import { TextLink } from "../shell/text-link.tsx";
import { NotFound, Page, PageHeader } from "../shell/page.tsx";
import { DataTable, Panel, StatCard } from "../shell/panel.tsx";
import { formatPeriod, quarter } from "../shell/periods.ts";
import { type Organization as Chosen, useSession } from "../shell/session.tsx";
import { now } from "../shell/config.ts";
import { Sparkline } from "../shell/sparkline.tsx";
import { EmptyState } from "../shell/states.tsx";

type Organization = NonNullable<CapacityQuery["organization"]>;
type Pool = Organization["capacityPools"]["nodes"][number];
type Allocation = Organization["allocations"]["nodes"][number];

export default function Capacity() {
  const { organization } = useSession();
  const [search, setSearch] = useSearchParams();
  const workspaces = organization.workspaces.nodes;
  const workspace = workspaces.find(({ id }) => id === search.get("workspace"))?.id ?? workspaces[0]?.id ?? "";
  const variables = useMemo(() => {
    const [q1, q2, q3, q4] = [0, 1, 2, 3].map((later) => quarter(now(), later)) as [string, string, string, string];
    return { organization: organization.id, workspace, q1, q2, q3, q4 };
  }, [organization.id, workspace]);
  return (
    <Page query={CapacityDocument} variables={variables} title="Capacity">
      {(data) =>
        data.organization ? (
          <Content data={data} of={data.organization} workspaces={workspaces} choose={(id) => setSearch({ workspace: id })} />
        ) : (
          <NotFound what="Organization" />
        )
      }
    </Page>
  );
}

interface ContentProps {
  data: CapacityQuery;
  of: Organization;
  workspaces: Chosen["workspaces"]["nodes"];
  choose: (id: string) => void;
}

const sum = (pools: Pool[], part: "total" | "available") => pools.reduce((total, pool) => total + Number(pool[part]), 0);

function Content({ data, of, workspaces, choose }: ContentProps) {
  const talent = of.capacityPools.nodes.filter(({ resourceType }) => resourceType === "TALENT_HOURS");
  const under = of.allocations.nodes.filter(({ utilisationPercent }) => Number(utilisationPercent ?? 100) < 70);
  const gap = data.workspace ? quarters(data.workspace).reduce((most, { supplyGap }) => Math.max(most, Number(supplyGap)), 0) : 0;
  return (
    <>
      <PageHeader title="Capacity">Capacity pools, allocations and forecast demand</PageHeader>
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
        <StatCard label="Talent hours available" note={`of ${quantity(sum(talent, "total"), "hour")} per week`}>
          {decimal(sum(talent, "available"))}
        </StatCard>
        <StatCard label="Utilisation last week" note={`Average of ${quantity(of.allocations.totalCount, "allocation")}`}>
          {percent(of.allocations.aggregate.avgUtilisationPercent)}
        </StatCard>
        <StatCard label="Below 70% utilisation" note={under.length === 1 ? "allocation" : "allocations"} to="/reports/under-utilised" tone={under.length ? "bad" : undefined}>
          {under.length}
        </StatCard>
        <StatCard label="Largest gap, next 4 quarters" note={data.workspace?.name} tone={gap ? "bad" : undefined}>
          {quantity(gap, "hour")}
        </StatCard>
      </SimpleGrid>
      <Pools pools={of.capacityPools.nodes} />
      <Allocations allocations={of.allocations.nodes} />
      {data.workspace && <Demand of={data.workspace} workspaces={workspaces} choose={choose} />}
    </>
  );
}

function Pools({ pools }: { pools: Pool[] }) {
  return (
    <Panel title="Pools">
      {pools.length === 0 && <EmptyState title="No capacity pools" />}
      <Stack gap="md">
        {pools.map((pool) => {
          const share = (part: number) => (part / Number(pool.total)) * 100 || 0;
          const [paused, allocated] = [Number(pool.reservedByPaused), Number(pool.allocated)];
          const label = `${decimal(allocated - paused)} committed · ${decimal(paused)} reserved (paused) · ${decimal(pool.available)} available`;
          return (
            <div key={pool.id}>
              <Group justify="space-between" gap={4}>
                <Text fz="sm" fw={600}>
                  {humanize(pool.resourceType)}{" "}
                  <Text span fz="xs" c="dimmed">
                    {pool.id} · {pool.workspace?.name ?? "All workspaces"}
                  </Text>
                </Text>
                <Text fz="xs" c="dimmed" className="figure">
                  {decimal(pool.allocated)} of {withUnit(pool.total, pool.unit)}, {percent(pool.utilisationPercent)}
                </Text>
              </Group>
              <Progress.Root size={18} mt={4} role="img" aria-label={label}>
                <Progress.Section value={share(allocated - paused)} color="teal" withAria={false} />
                <Progress.Section value={share(paused)} color="orange" striped withAria={false} />
              </Progress.Root>
              <Text fz="xs" c="dimmed" mt={2}>
                {label}
              </Text>
            </div>
          );
        })}
      </Stack>
    </Panel>
  );
}

function source({ serviceLine }: Allocation): string | null {
  const from = serviceLine.source;
  return from?.__typename === "Pod" ? `/pods/${from.id}` : from ? `/outcomes/${from.request.id}` : null;
}

function Allocations({ allocations }: { allocations: Allocation[] }) {
  return (
    <Panel title="Allocations (lowest utilisation first)" id="allocations">
      {allocations.length === 0 && <EmptyState title="No allocations" />}
      {allocations.length > 0 && (
        <DataTable label="Allocations" headers={["Service line", "Status", "Committed per week#", "Used last week#", "Utilisation#", "Last 12 weeks", "Unused per month#", ""]}>
          {allocations.map((allocation) => {
            const used = Number(allocation.utilisationPercent);
            const to = source(allocation);
            return (
              <Table.Tr key={allocation.id}>
                <Table.Td miw={190}>
                  {to ? <TextLink to={to}>{allocation.serviceLine.name}</TextLink> : allocation.serviceLine.name}
                  <Text fz="xs" c="dimmed">
                    {allocation.id} · {allocation.capacityPool.id}
                  </Text>
                  {allocation.pendingChanges.map((change) => (
                    <Text key={change.id} fz="xs" component="div">
                      {change.committedPerWeek ? `${decimal(change.committedPerWeek)} per week` : "Earlier end"} from <DateTime at={change.effectiveAt} short />: {change.reason}
                    </Text>
                  ))}
                </Table.Td>
                <Table.Td>
                  <StatusBadge of={allocation.status} />
                </Table.Td>
                <Table.Td className="right">{decimal(allocation.committedPerWeek)}</Table.Td>
                <Table.Td className="right">{decimal(allocation.actualLastWeek)}</Table.Td>
                <Table.Td className="right figure">
                  <Text span inherit fw={600} c={allocation.utilisationPercent && (used < 70 || used >= 100) ? "red" : undefined}>
                    {percent(allocation.utilisationPercent)}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Sparkline
                    values={allocation.trend.map(({ utilisationPercent }) => (utilisationPercent === null ? null : Number(utilisationPercent)))}
                    floor={50}
                    label={`Utilisation by week: ${allocation.trend.map((each) => percent(each.utilisationPercent)).join(", ")}`}
                  />
                </Table.Td>
                <Table.Td className="right">
                  <Money value={allocation.estimatedWastePerMonth} digits={0} />
                </Table.Td>
                <Table.Td className="right">
                  <Actions of={allocation} kind="Allocation" quiet />
                </Table.Td>
              </Table.Tr>
            );
          })}
        </DataTable>
      )}
    </Panel>
  );
}

type Workspace = NonNullable<CapacityQuery["workspace"]>;

const quarters = ({ q1, q2, q3, q4 }: Workspace): QuarterFragment[] => [q1, q2, q3, q4];

function Demand({ of, workspaces, choose }: { of: Workspace } & Pick<ContentProps, "workspaces" | "choose">) {
  const all = quarters(of);
  return (
    <Panel
      title="Demand and supply, talent hours per week"
      id="demand"
      aside={
        <NativeSelect
          size="xs"
          aria-label="Workspace"
          value={of.id}
          onChange={(event) => choose(event.currentTarget.value)}
          data={workspaces.map(({ id, name }) => ({ value: id, label: name }))}
        />
      }
    >
      <BarChart
        h={220}
        withLegend
        data={all.map((each) => ({
          quarter: formatPeriod(each.period),
          Committed: Number(each.currentCommitted),
          "Requested": Number(each.pendingRequests),
          Supply: Number(each.currentCommitted) + Number(each.availableSupply),
        }))}
        dataKey="quarter"
        series={[
          { name: "Committed", color: "teal.6", stackId: "demand" },
          { name: "Requested", color: "orange.5", stackId: "demand" },
          { name: "Supply", color: "gray.5" },
        ]}
        label={all.map((each) => `${formatPeriod(each.period)}: ${decimal(each.currentCommitted)} committed, ${decimal(each.pendingRequests)} requested, ${decimal(each.availableSupply)} available`).join("; ")}
      />
      <DataTable label="Demand by quarter" headers={["Quarter", "Committed#", "Requested#", "Available#", "Shortfall#", "Requested by"]}>
        {all.map((each) => (
          <Table.Tr key={each.period}>
            <Table.Td className="figure">{formatPeriod(each.period)}</Table.Td>
            <Table.Td className="right">{decimal(each.currentCommitted)}</Table.Td>
            <Table.Td className="right">{decimal(each.pendingRequests)}</Table.Td>
            <Table.Td className="right">{decimal(each.availableSupply)}</Table.Td>
            <Table.Td className="right">
              <Text span inherit fw={600} c={Number(each.supplyGap) ? "red" : undefined}>
                {decimal(each.supplyGap)}
              </Text>
            </Table.Td>
            <Table.Td miw={220}>
              <Contributors of={each} />
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
      <Text fz="sm" mt="xs">
        {all.find(({ supplyGap }) => Number(supplyGap))?.recommendation ?? all[0]?.recommendation}
      </Text>
    </Panel>
  );
}

function Contributors({ of }: { of: QuarterFragment }) {
  if (of.contributors.length === 0) return "–";
  return (
    <List listStyleType="none" fz="xs">
      {of.contributors.map(({ source: from, quantity: hours, confidence }) => (
        <List.Item key={from.id}>
          <TextLink to={from.__typename === "Pod" ? `/pods/${from.id}` : `/outcomes/${from.__typename === "Scope" ? from.request.id : from.id}`}>
            {from.__typename === "Pod" ? from.name : from.title}
          </TextLink>{" "}
          {quantity(hours, "hour")}, {humanize(confidence).toLowerCase()}
        </List.Item>
      ))}
    </List>
  );
}
