// Overview: pods, pending decisions, late tickets, spend and capacity shortfall.
import { Group, List, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useMemo } from "react";
import { OverviewDocument, type OverviewQuery } from "#queries/overview";
import { CreateButton } from "../actions/actions.tsx";
import { nameOption, subscriptionOption } from "../actions/choices.ts";
import { ColumnChart } from "../shell/column-chart.tsx";
import { Countdown, DateTime, Day, Money, StatusBadge } from "../shell/values.tsx";
import { decimal, money, percent, podStatus, quantity } from "../shell/format.ts";
import { NotFound, Page, PageHeader } from "../shell/page.tsx";
import { DataTable, Panel, StatCard } from "../shell/panel.tsx";
import { formatPeriod, month, quarter } from "../shell/periods.ts";
import { useSession } from "../shell/session.tsx";
import { now } from "../shell/config.ts";
import { Sparkline } from "../shell/sparkline.tsx";
import { EmptyState } from "../shell/states.tsx";
import { TextLink } from "../shell/text-link.tsx";

type Organization = NonNullable<OverviewQuery["organization"]>;
type Pod = Organization["pods"]["nodes"][number];

export function Overview() {
  const { organization } = useSession();
  const variables = useMemo(() => {
    const at = now();
    return {
      organization: organization.id,
      now: at.toISOString(),
      from: month(at, -5),
      to: month(at),
      quarter: quarter(at, 1),
    };
  }, [organization.id]);
  return (
    <Page query={OverviewDocument} variables={variables} title="Overview">
      {(data) => (data.organization ? <Content data={data} of={data.organization} next={variables.quarter} /> : <NotFound what="Organization" />)}
    </Page>
  );
}

function Content({ data, of, next }: { data: OverviewQuery; of: Organization; next: string }) {
  const gap = of.workspaces.nodes.reduce((total, { demand }) => total + Number(demand.supplyGap), 0);
  const choices = {
    workspaceId: of.workspaces.nodes.map(nameOption),
    subscriptionId: of.subscriptions.map(subscriptionOption),
    projectIds: of.projects.nodes.map(nameOption),
  };
  return (
    <>
      <PageHeader title="Overview" aside={<CreateButton mutation="requestPod" choices={choices} />}>
        {of.name}
      </PageHeader>
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
        <StatCard label="Monthly pod cost" to="#pods" note={`${decimal(of.pods.nodes.filter(({ costPerMonth }) => costPerMonth).length)} of ${quantity(of.pods.totalCount, "pod")} billing`}>
          {money(of.pods.aggregate.sumCostPerMonth, 0)}
        </StatCard>
        <StatCard label="Awaiting decision" to="#decisions" note={`${quantity(data.ready.totalCount, "deliverable")} to review`}>
          {decisions(data).length}
        </StatCard>
        <StatCard
          label="Overdue payments"
          to="#overdue"
          tone={of.overduePayments.totalCount ? "bad" : undefined}
          note={quantity(of.overduePayments.totalCount, "payment")}
        >
          {money(of.spend.overdue, 0)}
        </StatCard>
        <StatCard label={`Capacity gap, ${formatPeriod(next)}`} to="/capacity#demand" tone={gap ? "bad" : undefined} note="hours per week">
          {decimal(gap)}
        </StatCard>
      </SimpleGrid>
      <Pods pods={of.pods.nodes} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Decisions data={data} />
        <AwaitingResponse data={data} />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Spend of={of} />
        <Stack gap="md">
          <CapacityGap of={of} next={next} />
          <Overdue of={of} />
        </Stack>
      </SimpleGrid>
    </>
  );
}

function Pods({ pods }: { pods: Pod[] }) {
  return (
    <Panel title="Pods" id="pods">
      {pods.length === 0 && <EmptyState title="No pods yet">Request a pod to get started.</EmptyState>}
      {pods.length > 0 && (
        <DataTable label="Pods" headers={["Pod", "Status", "Compliance#", "Last 12 months", "Health#", "Monthly cost#", "Renews"]}>
          {pods.map((pod) => (
            <Table.Tr key={pod.id}>
              <Table.Td>
                <TextLink to={`/pods/${pod.id}`} strong>
                  {pod.name}
                </TextLink>
                <Text fz="xs" c="dimmed">
                  {pod.workspace.name} · {pod.status === "SCOPING" ? `${quantity(pod.requestedTeamSize, "person", "people")} requested` : quantity(pod.teamSize, "person", "people")}
                </Text>
              </Table.Td>
              <Table.Td>
                <StatusBadge of={podStatus(pod)} />
              </Table.Td>
              <Table.Td className="right figure">
                <TextLink to={`/pods/${pod.id}#levels`} plain>
                  {percent(pod.sla?.currentCompliance)}
                </TextLink>
              </Table.Td>
              <Table.Td>
                <Trend pod={pod} />
              </Table.Td>
              <Table.Td className="right figure">
                {pod.serviceLine ? (
                  <TextLink to={`/pods/${pod.id}#use`} plain>
                    <StatusBadge of={pod.serviceLine.health.band} label={String(pod.serviceLine.health.score)} />
                  </TextLink>
                ) : (
                  "–"
                )}
              </Table.Td>
              <Table.Td className="right">
                <TextLink to={`/pods/${pod.id}#use`} plain>
                  <Money value={pod.costPerMonth ?? pod.proposal?.costPerMonth} digits={0} />
                </TextLink>
              </Table.Td>
              <Table.Td>
                <TextLink to={`/pods/${pod.id}#renewal`} plain>
                  <DateTime at={pod.renewsAt} short />
                </TextLink>
              </Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
    </Panel>
  );
}

function Trend({ pod }: { pod: Pod }) {
  const reports = pod.slaReports.nodes.filter(({ compliancePercent }) => compliancePercent !== null).reverse();
  const values = reports.map((each) => `${formatPeriod(each.period)} ${percent(each.compliancePercent)}`).join(", ");
  return <Sparkline values={reports.map((each) => Number(each.compliancePercent))} label={`Compliance: ${values}`} floor={96} />;
}

interface Decision {
  to: string;
  title: string;
  what: string;
  when: React.ReactNode;
}

function decisions(data: OverviewQuery): Decision[] {
  const pods = data.organization?.pods.nodes ?? [];
  return [
    ...data.proposals.nodes.map((scope) => ({
      to: `/outcomes/${scope.request.id}`,
      title: scope.title,
      what: `Confirm or decline: ${money(scope.fixedPrice)}`,
      when: scope.validUntil ? <>until <DateTime at={scope.validUntil} short /></> : null,
    })),
    ...data.ready.nodes.map((deliverable) => ({
      to: `/outcomes/${deliverable.scope.request.id}`,
      title: deliverable.title,
      what: `Accept or reject: ${deliverable.scope.title}`,
      when: deliverable.readyAt ? <>since <DateTime at={deliverable.readyAt} short /></> : null,
    })),
    ...pods.filter(({ status, proposal }) => status === "SCOPING" && proposal).map((pod) => ({
      to: `/pods/${pod.id}`,
      title: pod.name,
      what: `Confirm the pod: ${money(pod.proposal?.costPerMonth)} per month`,
      when: pod.proposal?.expiresAt ? <>until <DateTime at={pod.proposal.expiresAt} short /></> : null,
    })),
    ...data.negotiations.nodes.map((request) => ({
      to: `/outcomes/${request.id}`,
      title: request.title,
      what: request.negotiationReason ?? "Requires negotiation",
      when: null,
    })),
  ];
}

function Decisions({ data }: { data: OverviewQuery }) {
  const waiting = decisions(data);
  return (
    <Panel title="Awaiting decision" id="decisions">
      {waiting.length === 0 && <EmptyState title="Nothing to review" />}
      <List listStyleType="none" spacing="sm" fz="sm">
        {waiting.map(({ to, title, what, when }) => (
          <List.Item key={to + title} className="wide">
            <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
              <div>
                <TextLink to={to} strong>
                  {title}
                </TextLink>
                <Text fz="xs" c="dimmed" lineClamp={2}>
                  {what}
                </Text>
              </div>
              <Text fz="xs" c="dimmed" component="div" className="figure">
                {when}
              </Text>
            </Group>
          </List.Item>
        ))}
      </List>
    </Panel>
  );
}

function AwaitingResponse({ data }: { data: OverviewQuery }) {
  const tickets = [...data.late.nodes, ...data.running.nodes];
  return (
    <Panel title="Awaiting first response" aside={<StatusBadge of={data.late.totalCount ? "BREACHED" : "MET"} label={`${data.late.totalCount} late`} />}>
      {tickets.length === 0 && <EmptyState title="All tickets have a response" />}
      {tickets.length > 0 && (
        <DataTable label="Awaiting first response" headers={["Ticket", "Pod", "Response due#"]}>
          {tickets.map((ticket) => (
            <Table.Tr key={ticket.id}>
              <Table.Td>
                {ticket.title}
                <Text fz="xs" c="dimmed">
                  {ticket.id}
                </Text>
              </Table.Td>
              <Table.Td>
                <TextLink to={`/pods/${ticket.pod.id}#tickets`}>{ticket.pod.name}</TextLink>
              </Table.Td>
              <Table.Td className="right">
                <Countdown due={ticket.responseDueAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
    </Panel>
  );
}

function Spend({ of }: { of: Organization }) {
  const { spend } = of;
  const columns = spend.byMonth.map(({ period, accrued, paid }) => ({
    name: formatPeriod(period).slice(0, 3),
    values: [Number(accrued.amount), Number(paid.amount)],
  }));
  return (
    <Panel title="Spend by month" aside={<Text fz="sm"><TextLink to="/reports/organization-spend">{money(spend.total, 0)} over 6 months</TextLink></Text>}>
      <ColumnChart
        names={["Accrued", "Paid"]}
        columns={columns}
        label={`Accrued by month: ${spend.byMonth.map((each) => `${formatPeriod(each.period)} ${money(each.accrued)}`).join(", ")}`}
      />
      <Text fz="xs" c="dimmed" mt="xs">
        <TextLink to="#pods" plain>
          {money(spend.committedMonthly)} committed per month
        </TextLink>
        ,{" "}
        <TextLink to="/reports/organization-spend" plain>
          {money(spend.outstanding)} outstanding
        </TextLink>
        .
      </Text>
    </Panel>
  );
}

function CapacityGap({ of, next }: { of: Organization; next: string }) {
  return (
    <Panel title={`Talent hours per week, ${formatPeriod(next)}`}>
      <DataTable label="Capacity by workspace" headers={["Workspace", "Committed#", "Requested#", "Available#", "Shortfall#"]}>
        {of.workspaces.nodes.map(({ id, name, demand }) => (
          <Table.Tr key={id}>
            <Table.Td>
              <TextLink to={`/capacity?workspace=${id}`}>{name}</TextLink>
            </Table.Td>
            <Table.Td className="right">{decimal(demand.currentCommitted)}</Table.Td>
            <Table.Td className="right">{decimal(demand.pendingRequests)}</Table.Td>
            <Table.Td className="right">{decimal(demand.availableSupply)}</Table.Td>
            <Table.Td className="right">
              <Text span inherit c={Number(demand.supplyGap) ? "red" : undefined} fw={600}>
                <TextLink to={`/capacity?workspace=${id}#demand`} plain>
                  {decimal(demand.supplyGap)}
                </TextLink>
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </Panel>
  );
}

function Overdue({ of }: { of: Organization }) {
  return (
    <Panel title="Overdue payments" id="overdue">
      {of.overduePayments.nodes.length === 0 && <EmptyState title="No overdue payments" />}
      {of.overduePayments.nodes.length > 0 && (
        <DataTable label="Overdue payments" headers={["Payment", "Due", "Amount#"]}>
          {of.overduePayments.nodes.map((payment) => (
            <Table.Tr key={payment.id}>
              <Table.Td>
                <TextLink to={`/outcomes/${payment.scope.request.id}`}>{payment.scope.title}</TextLink>
                <Text fz="xs" c="dimmed">
                  {payment.description}
                </Text>
              </Table.Td>
              <Table.Td>
                <Day on={payment.dueAt} />
              </Table.Td>
              <Table.Td className="right">
                <Money value={payment.amount} />
              </Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
    </Panel>
  );
}
