// A pod: service levels, tickets, team, scope, cost and renewal.
import { Button, Group, NativeSelect, Progress, SimpleGrid, Stack, Table, Text, Tooltip } from "@mantine/core";
import { useMemo, useState } from "react";
import { PodPageDocument, type PodPageQuery } from "#queries/pod";
import { Actions, CreateButton } from "../actions/actions.tsx";
import { poolOption } from "../actions/choices.ts";
import { AreaChart, BarChart } from "../shell/chart.tsx";
import { Countdown, DateTime, Money, StatusBadge } from "../shell/values.tsx";
import { dayOfYear, decimal, humanize, money, percent, podStatus, quantity, withUnit } from "../shell/format.ts";
import { TextLink } from "../shell/text-link.tsx";
import { NotFound, Page, PageHeader } from "../shell/page.tsx";
import { DataTable, Panel, StatCard } from "../shell/panel.tsx";
import { day, daysBefore, formatPeriod } from "../shell/periods.ts";
import { now } from "../shell/config.ts";
import { EmptyState } from "../shell/states.tsx";
import { Scope } from "./scope.tsx";

type Pod = NonNullable<PodPageQuery["pod"]>;
type Report = Pod["slaReports"]["nodes"][number];

export default function PodPage({ id }: { id: string }) {
  const variables = useMemo(() => ({ pod: id, from: day(daysBefore(now(), 29)), to: day(now()) }), [id]);
  return (
    <Page query={PodPageDocument} variables={variables} title={id}>
      {({ pod }) => (pod ? <Content pod={pod} /> : <NotFound what="Pod" />)}
    </Page>
  );
}

/** The latest revision of the scope, as initial values of the form that revises it. */
function latestRevision({ scope }: Pod) {
  const latest = scope.revisions.nodes.reduce((last, each) => (each.number > last.number ? each : last), scope.revisions.nodes[0]!);
  if (!latest) return {};
  const items = [...latest.items].sort((one, other) => one.priority - other.priority);
  return {
    expectedVersion: String(latest.number),
    summary: latest.summary,
    items: items.map(({ key, title, priority, description }) => ({ key, title, priority: String(priority), description: description ?? "" })),
  };
}

function Content({ pod }: { pod: Pod }) {
  const { capacityPools } = pod.workspace.organization;
  const published = pod.slaReports.nodes.find(({ status }) => status === "PUBLISHED");
  return (
    <>
      <PageHeader title={pod.name} aside={<Actions of={pod} kind="Pod" choices={{ capacityPoolId: capacityPools.nodes.map(poolOption) }} initial={{ revisePodScope: latestRevision(pod) }} />}>
        <Group gap="xs">
          {pod.id} <StatusBadge of={podStatus(pod)} /> {[pod.workspace, ...pod.projects].map(({ name }) => name).join(" · ")}
        </Group>
      </PageHeader>
      {pod.description && <Text maw={760}>{pod.description}</Text>}
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
        <StatCard label="Compliance" note={published ? formatPeriod(published.period) : "No report yet"}>
          {percent(pod.sla?.currentCompliance)}
        </StatCard>
        <StatCard label="Health" note={pod.serviceLine ? `${humanize(pod.serviceLine.health.risk)} risk` : "Not started"}>
          {pod.serviceLine ? pod.serviceLine.health.score : "–"}
        </StatCard>
        <StatCard label="Monthly cost" note={humanize(pod.deliveryModel)}>
          {money(pod.costPerMonth ?? pod.proposal?.costPerMonth, 0)}
        </StatCard>
        <StatCard label={pod.endedAt ? "Ended" : "Renews"} note={`${quantity(pod.durationMonths, "month")}, ${quantity(pod.teamSize || pod.requestedTeamSize, "person", "people")}`}>
          <DateTime at={pod.endedAt ?? pod.renewsAt} short />
        </StatCard>
      </SimpleGrid>
      {pod.proposal && pod.status === "SCOPING" && <Proposal of={pod.proposal} />}
      <ServiceLevels pod={pod} />
      <Tickets pod={pod} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Team pod={pod} />
        <Incidents pod={pod} />
      </SimpleGrid>
      <Scope revisions={pod.scope?.revisions.nodes ?? []} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Usage pod={pod} />
        <Renewal pod={pod} />
      </SimpleGrid>
    </>
  );
}

function Proposal({ of }: { of: NonNullable<Pod["proposal"]> }) {
  return (
    <Panel title="Proposal">
      <Text fz="sm">
        {quantity(of.teamSize, "person", "people")} for <Money value={of.costPerMonth} /> per month, {quantity(of.committedPerWeek, "hour")} per week from{" "}
        <TextLink to="/capacity" inText>{of.capacityPool.id}</TextLink>, which has {withUnit(of.capacityPool.available, of.capacityPool.unit)} available. Proposed{" "}
        {of.proposedBy ? `by ${of.proposedBy.name} ` : ""}on <DateTime at={of.proposedAt} />
        {of.expiresAt && (
          <>
            , valid until <DateTime at={of.expiresAt} />
          </>
        )}
        .
      </Text>
    </Panel>
  );
}

function ServiceLevels({ pod }: { pod: Pod }) {
  const reports = pod.slaReports.nodes;
  const [chosen, choose] = useState(reports.find(({ status }) => status === "PUBLISHED")?.period ?? reports[0]?.period);
  const report = reports.find(({ period }) => period === chosen);
  if (!report)
    return (
      <Panel title="Service levels" id="levels">
        <EmptyState title="No SLA data yet">The first report appears after the first full month.</EmptyState>
      </Panel>
    );
  const measured = reports.filter(({ compliancePercent }) => compliancePercent !== null).reverse();
  return (
    <Panel
      title="Service levels"
      id="levels"
      aside={
        <NativeSelect
          size="xs"
          aria-label="Month"
          value={chosen}
          onChange={(event) => choose(event.currentTarget.value)}
          data={reports.map(({ period, status }) => ({
            value: period,
            label: status === "DRAFT" ? `${formatPeriod(period)}, draft` : formatPeriod(period),
          }))}
        />
      }
    >
      {measured.length > 1 && (
        <AreaChart
          h={150}
          mb="md"
          data={measured.map(({ period, compliancePercent }) => ({ month: formatPeriod(period), Compliance: Number(compliancePercent) }))}
          dataKey="month"
          yAxisProps={{ domain: [(low: number) => Math.min(96, Math.floor(low)), 100] }}
          unit="%"
          series={[{ name: "Compliance", color: "teal.6" }]}
          label={`Compliance: ${measured.map((each) => `${formatPeriod(each.period)} ${percent(each.compliancePercent)}`).join(", ")}`}
        />
      )}
      {measured.length > 1 && (
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" mb="md">
          {report.metrics.map(({ metric }) => (
            <Metric key={metric} metric={metric} reports={measured} choose={choose} />
          ))}
        </SimpleGrid>
      )}
      <MonthTable report={report} />
    </Panel>
  );
}

const RESULT_SIGNS: Record<string, string> = { MET: "✓", BREACHED: "✗" };

interface MetricProps {
  metric: string;
  reports: Report[];
  choose: (period: string) => void;
}

/** Target and actual of one metric by month, with a button per month that shows its result. */
function Metric({ metric, reports, choose }: MetricProps) {
  const months = reports.flatMap(({ period, metrics }) => metrics.filter((each) => each.metric === metric).map((each) => ({ period, ...each })));
  return (
    <div>
      <Group justify="space-between" gap="xs" mb={6}>
        <Text fz="sm" fw={600} component="h3" m={0}>
          {humanize(metric)}
        </Text>
        <Text fz="xs" c="dimmed">
          Actual vs target (dashed)
        </Text>
      </Group>
      <AreaChart
        h={90}
        data={months.map(({ period, target, actual }) => ({ month: formatPeriod(period), Target: Number(target), Actual: Number(actual) }))}
        dataKey="month"
        withXAxis={false}
        withGradient={false}
        fillOpacity={0}
        yAxisProps={{ domain: ["auto", "auto"], tickCount: 3, width: 44 }}
        series={[
          { name: "Target", color: "gray.6", strokeDasharray: "4 4" },
          { name: "Actual", color: "teal.6" },
        ]}
        label={`${humanize(metric)}: ${months.map((each) => `${formatPeriod(each.period)} ${decimal(each.actual)} of ${decimal(each.target)}`).join(", ")}`}
      />
      <Group gap={2} wrap="nowrap" pl={44} mt={8} className="no-print">
        {months.map(({ period, status, explanation }) => (
          <Tooltip key={period} label={`${formatPeriod(period)}: ${explanation}`} multiline maw={300} events={{ hover: true, focus: true, touch: true }}>
            <Button
              flex={1}
              miw={0}
              p={0}
              size="compact-xs"
              variant="light"
              color={status === "BREACHED" ? "red" : status === "MET" ? "teal" : "gray"}
              aria-label={`${humanize(metric)}, ${formatPeriod(period)}: ${explanation}`}
              onClick={() => choose(period)}
            >
              {RESULT_SIGNS[status] ?? "–"}
            </Button>
          </Tooltip>
        ))}
      </Group>
    </div>
  );
}

function MonthTable({ report }: { report: Report }) {
  return (
    <Stack gap="sm">
      <DataTable label={`Service levels in ${formatPeriod(report.period)}`} headers={["Metric", "Target#", "Actual#", "Attainment#", "Weight#", "Result", "Explanation"]}>
        {report.metrics.map((each) => (
          <Table.Tr key={each.metric}>
            <Table.Td fw={600}>{each.name ? humanize(each.name) : humanize(each.metric)}</Table.Td>
            <Table.Td className="right">{decimal(each.target)}</Table.Td>
            <Table.Td className="right">{decimal(each.actual)}</Table.Td>
            <Table.Td className="right figure">{percent(each.attainmentPercent)}</Table.Td>
            <Table.Td className="right figure">{percent(each.weightPercent)}</Table.Td>
            <Table.Td>
              <StatusBadge of={each.status} />
            </Table.Td>
            <Table.Td miw={220}>{each.explanation}</Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
      {report.complianceFormula ? (
        <Text fz="xs" c="dimmed">
          Compliance: {report.complianceFormula}
        </Text>
      ) : (
        <Text fz="xs" c="dimmed">
          Draft: compliance is final when the report is published.
        </Text>
      )}
    </Stack>
  );
}

function Tickets({ pod }: { pod: Pod }) {
  const { nodes, aggregate, totalCount } = pod.tickets;
  return (
    <Panel
      title="Tickets"
      id="tickets"
      aside={
        <Group gap="sm">
          {aggregate.avgResponseHours !== null && (
            <Text fz="xs" c="dimmed">
              Average first response {quantity(aggregate.avgResponseHours, "hour")} · {aggregate.breached} late
            </Text>
          )}
          {["ACTIVE", "PAUSED"].includes(pod.status) && <CreateButton mutation="createTicket" fixed={{ podId: pod.id }} />}
        </Group>
      }
    >
      {totalCount === 0 && <EmptyState title="No tickets">Create a ticket to request work from the team.</EmptyState>}
      {totalCount > 0 && (
        <DataTable label="Tickets" headers={["Ticket", "Priority", "Status", "First response", "Created", ""]}>
          {nodes.map((ticket) => (
            <Table.Tr key={ticket.id}>
              <Table.Td miw={200}>
                {ticket.title}
                <Text fz="xs" c="dimmed">
                  {ticket.id} · {humanize(ticket.type)}
                  {ticket.submittedBy ? ` · ${ticket.submittedBy.name}` : ""}
                  {ticket.escalatedAt ? " · escalated" : ""}
                </Text>
              </Table.Td>
              <Table.Td>{humanize(ticket.priority)}</Table.Td>
              <Table.Td>
                <StatusBadge of={ticket.status} />
              </Table.Td>
              <Table.Td>
                {ticket.responseSla === "PENDING" ? (
                  <Countdown due={ticket.responseDueAt} />
                ) : (
                  <StatusBadge of={ticket.responseSla} label={ticket.responseHours ? `${humanize(ticket.responseSla)}, ${quantity(ticket.responseHours, "hour")}` : undefined} />
                )}
              </Table.Td>
              <Table.Td>
                <DateTime at={ticket.createdAt} />
              </Table.Td>
              <Table.Td className="right">
                <Actions of={ticket} kind="Ticket" quiet />
              </Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
      {totalCount > nodes.length && (
        <Text fz="xs" c="dimmed">
          Showing latest {nodes.length} of {totalCount}
        </Text>
      )}
    </Panel>
  );
}

function Team({ pod }: { pod: Pod }) {
  const team = pod.team.filter(({ leftAt }) => !leftAt);
  return (
    <Panel title="Team">
      {team.length === 0 &&
        (pod.endedAt ? <EmptyState title="No active team members" /> : <EmptyState title="No team yet">Requested skills: {pod.requiredCapabilities.map(humanize).join(", ")}.</EmptyState>)}
      {team.length > 0 && (
        <DataTable label="Team" headers={["Person", "Role", "Since", "Committed hours per week#"]}>
          {team.map(({ talent, role, joinedAt }) => (
            <Table.Tr key={talent.id}>
              <Table.Td>
                {talent.title ?? talent.id}
                <Text fz="xs" c="dimmed">
                  {talent.id}
                </Text>
              </Table.Td>
              <Table.Td>{humanize(role)}</Table.Td>
              <Table.Td>
                <DateTime at={joinedAt} short />
              </Table.Td>
              <Table.Td className="right">
                <Text span inherit c={talent.overcommitted ? "red" : undefined}>
                  {decimal(talent.committedHoursPerWeek)} of {decimal(talent.weeklyHoursLimit)}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
    </Panel>
  );
}

function Incidents({ pod }: { pod: Pod }) {
  return (
    <Panel title="Incidents">
      {pod.incidents.totalCount === 0 && <EmptyState title="No incidents" />}
      <Stack gap="sm">
        {pod.incidents.nodes.map((incident) => (
          <div key={incident.id}>
            <Group gap="xs">
              <StatusBadge of={incident.severity} label={incident.severity} />
              <StatusBadge of={incident.status === "OPEN" ? "BREACHED" : incident.status} label={humanize(incident.status)} />
              <Text fz="xs" c="dimmed" component="div">
                {incident.id}, <DateTime at={incident.openedAt} short />
              </Text>
            </Group>
            <Text fz="sm">{incident.title}</Text>
            {incident.resolution && (
              <Text fz="xs" c="dimmed">
                {incident.resolution}
              </Text>
            )}
          </div>
        ))}
      </Stack>
    </Panel>
  );
}

function Usage({ pod }: { pod: Pod }) {
  const line = pod.serviceLine;
  if (!line)
    return (
      <Panel title="Cost and usage" id="use">
        <EmptyState title="Not started">Cost and usage start when the pod is confirmed.</EmptyState>
      </Panel>
    );
  const trend = line.allocations.nodes[0]?.trend ?? [];
  return (
    <Panel title="Cost and usage, last 30 days" id="use" aside={<Money value={line.usage.totalCost} />}>
      {line.usage.metrics.length === 0 && <EmptyState title="No usage" />}
      {line.usage.metrics.length > 0 && (
      <DataTable label="Usage" headers={["Metric", "Quantity#", "Cost#"]}>
        {line.usage.metrics.map((each) => (
          <Table.Tr key={each.metric}>
            <Table.Td>{humanize(each.metric)}</Table.Td>
            <Table.Td className="right">
              {withUnit(each.quantity, each.unit)}
            </Table.Td>
            <Table.Td className="right">
              <Money value={each.cost} />
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
      )}
      {trend.length > 1 && (
        <BarChart
          h={150}
          mt="sm"
          data={trend.map(({ weekStart, actual, committed }) => ({ week: dayOfYear(weekStart), Used: Number(actual), Committed: Number(committed) }))}
          dataKey="week"
          series={[
            { name: "Committed", color: "gray.4" },
            { name: "Used", color: "teal.6" },
          ]}
          label={`Hours used per week: ${trend.map((each) => `${dayOfYear(each.weekStart)} ${decimal(each.actual)} of ${decimal(each.committed)}`).join(", ")}`}
        />
      )}
      <Stack gap={6} mt="sm">
        {line.health.signals.map((signal) => (
          <Tooltip key={signal.kind} label={signal.detail} multiline maw={320}>
            <Group gap="xs" wrap="nowrap" tabIndex={0} role="group" aria-label={`${humanize(signal.kind)}: ${signal.score} of 100. ${signal.detail}`}>
              <Text fz="xs" w={150}>
                {humanize(signal.kind)}
              </Text>
              <Progress value={signal.score} flex={1} color={signal.band === "GREEN" ? "teal" : signal.band === "RED" ? "red" : "orange"} aria-hidden="true" />
              <Text fz="xs" w={30} ta="right">
                {signal.score}
              </Text>
            </Group>
          </Tooltip>
        ))}
      </Stack>
    </Panel>
  );
}

function Renewal({ pod }: { pod: Pod }) {
  const { slaReports, tickets, incidents } = pod;
  if (!pod.startedAt)
    return (
      <Panel title="Renewal" id="renewal">
        <EmptyState title="Not started">The term starts when the pod is confirmed.</EmptyState>
      </Panel>
    );
  const breaches = slaReports.aggregate.breachesByMetric.filter(({ breaches: count }) => count > 0);
  const open = incidents.nodes.filter(({ status }) => status !== "RESOLVED").length;
  const overbooked = pod.team.filter(({ talent, leftAt }) => !leftAt && talent.overcommitted).length;
  const facts: [string, React.ReactNode][] = [
    ["Term", <>{quantity(pod.durationMonths, "month")}, from <DateTime at={pod.startedAt} short /></>],
    [pod.endedAt ? "Ended" : "Renews", <DateTime key="until" at={pod.endedAt ?? pod.renewsAt} short />],
    ["Average compliance", `${percent(slaReports.aggregate.avgCompliancePercent)}, lowest ${percent(slaReports.aggregate.minCompliancePercent)}`],
    ["Breaches this term", breaches.length ? breaches.map((each) => `${humanize(each.metric)} ${each.breaches}`).join(", ") : "None"],
    ["Late responses", `${tickets.aggregate.breached} of ${quantity(tickets.totalCount, "ticket")}`],
    ["Open incidents", String(open)],
    ["Overcommitted people", String(overbooked)],
    ["Utilisation", percent(pod.serviceLine?.allocations.nodes[0]?.utilisationPercent)],
  ];
  return (
    <Panel title="Renewal" id="renewal" aside={<TextLink to={`/reports/renewal-decision?pod=${pod.id}`}>View full report</TextLink>}>
      <Table variant="vertical" withRowBorders={false} className="facts">
        <Table.Tbody>
          {facts.map(([fact, value]) => (
            <Table.Tr key={fact}>
              <Table.Th w={190}>{fact}</Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  );
}
