// Overview: pods, pending decisions, late tickets, spend and capacity shortfall.
import { Group, List, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useMemo } from "react";
import { OverviewDocument, type OverviewQuery } from "#asked/overview";
import { Begin } from "../actions/actions.tsx";
import { contract, named } from "../actions/choices.ts";
import { Columns } from "../shell/columns.tsx";
import { Clock, Day, Moment, Money, Status } from "../shell/figures.tsx";
import { decimal, money, percent, podStatus, quantity } from "../shell/format.ts";
import { Heading, Page, Unknown } from "../shell/page.tsx";
import { Figure, Panel, Rows } from "../shell/panel.tsx";
import { inWords, month, quarter } from "../shell/periods.ts";
import { useSession } from "../shell/session.tsx";
import { now } from "../shell/situation.ts";
import { Spark } from "../shell/spark.tsx";
import { Nothing } from "../shell/states.tsx";
import { Go } from "../shell/go.tsx";

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
      {(data) => (data.organization ? <Shown data={data} of={data.organization} next={variables.quarter} /> : <Unknown what="Organization" />)}
    </Page>
  );
}

function Shown({ data, of, next }: { data: OverviewQuery; of: Organization; next: string }) {
  const gap = of.workspaces.nodes.reduce((total, { demand }) => total + Number(demand.supplyGap), 0);
  const choices = {
    workspaceId: of.workspaces.nodes.map(named),
    subscriptionId: of.subscriptions.map(contract),
    projectIds: of.projects.nodes.map(named),
  };
  return (
    <>
      <Heading title="Overview" aside={<Begin mutation="requestPod" choices={choices} />}>
        {of.name}
      </Heading>
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
        <Figure label="Monthly pod cost" to="#pods" note={`${decimal(of.pods.nodes.filter(({ costPerMonth }) => costPerMonth).length)} of ${quantity(of.pods.totalCount, "pod")} billing`}>
          {money(of.pods.aggregate.sumCostPerMonth, 0)}
        </Figure>
        <Figure label="Awaiting decision" to="#decisions" note={`${quantity(data.ready.totalCount, "deliverable")} to review`}>
          {decisions(data).length}
        </Figure>
        <Figure
          label="Overdue payments"
          to="#overdue"
          tone={of.overduePayments.totalCount ? "bad" : undefined}
          note={quantity(of.overduePayments.totalCount, "payment")}
        >
          {money(of.spend.overdue, 0)}
        </Figure>
        <Figure label={`Capacity gap, ${inWords(next)}`} to="/capacity#demand" tone={gap ? "bad" : undefined} note="hours per week">
          {decimal(gap)}
        </Figure>
      </SimpleGrid>
      <Pods pods={of.pods.nodes} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Decisions data={data} />
        <Late data={data} />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Spend of={of} />
        <Stack gap="md">
          <Gap of={of} next={next} />
          <Overdue of={of} />
        </Stack>
      </SimpleGrid>
    </>
  );
}

function Pods({ pods }: { pods: Pod[] }) {
  return (
    <Panel title="Pods" id="pods">
      {pods.length === 0 && <Nothing title="No pods yet">Request a pod to get started.</Nothing>}
      {pods.length > 0 && (
        <Rows label="Pods" heads={["Pod", "Status", "Compliance#", "Last 12 months", "Health#", "Monthly cost#", "Renews"]}>
          {pods.map((pod) => (
            <Table.Tr key={pod.id}>
              <Table.Td>
                <Go to={`/pods/${pod.id}`} strong>
                  {pod.name}
                </Go>
                <Text fz="xs" c="dimmed">
                  {pod.workspace.name} · {pod.status === "SCOPING" ? `${quantity(pod.requestedTeamSize, "person", "people")} requested` : quantity(pod.teamSize, "person", "people")}
                </Text>
              </Table.Td>
              <Table.Td>
                <Status of={podStatus(pod)} />
              </Table.Td>
              <Table.Td className="right figure">
                <Go to={`/pods/${pod.id}#levels`} plain>
                  {percent(pod.sla?.currentCompliance)}
                </Go>
              </Table.Td>
              <Table.Td>
                <Trend pod={pod} />
              </Table.Td>
              <Table.Td className="right figure">
                {pod.serviceLine ? (
                  <Go to={`/pods/${pod.id}#use`} plain>
                    <Status of={pod.serviceLine.health.band} label={String(pod.serviceLine.health.score)} />
                  </Go>
                ) : (
                  "–"
                )}
              </Table.Td>
              <Table.Td className="right">
                <Go to={`/pods/${pod.id}#use`} plain>
                  <Money value={pod.costPerMonth ?? pod.proposal?.costPerMonth} digits={0} />
                </Go>
              </Table.Td>
              <Table.Td>
                <Go to={`/pods/${pod.id}#renewal`} plain>
                  <Moment at={pod.renewsAt} short />
                </Go>
              </Table.Td>
            </Table.Tr>
          ))}
        </Rows>
      )}
    </Panel>
  );
}

function Trend({ pod }: { pod: Pod }) {
  const reports = pod.slaReports.nodes.filter(({ compliancePercent }) => compliancePercent !== null).reverse();
  const said = reports.map((each) => `${inWords(each.period)} ${percent(each.compliancePercent)}`).join(", ");
  return <Spark values={reports.map((each) => Number(each.compliancePercent))} label={`Compliance: ${said}`} floor={96} />;
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
      when: scope.validUntil ? <>until <Moment at={scope.validUntil} short /></> : null,
    })),
    ...data.ready.nodes.map((deliverable) => ({
      to: `/outcomes/${deliverable.scope.request.id}`,
      title: deliverable.title,
      what: `Accept or reject: ${deliverable.scope.title}`,
      when: deliverable.readyAt ? <>since <Moment at={deliverable.readyAt} short /></> : null,
    })),
    ...pods.filter(({ status, proposal }) => status === "SCOPING" && proposal).map((pod) => ({
      to: `/pods/${pod.id}`,
      title: pod.name,
      what: `Confirm the pod: ${money(pod.proposal?.costPerMonth)} per month`,
      when: pod.proposal?.expiresAt ? <>until <Moment at={pod.proposal.expiresAt} short /></> : null,
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
      {waiting.length === 0 && <Nothing title="Nothing to review" />}
      <List listStyleType="none" spacing="sm" fz="sm">
        {waiting.map(({ to, title, what, when }) => (
          <List.Item key={to + title} className="wide">
            <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
              <div>
                <Go to={to} strong>
                  {title}
                </Go>
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

function Late({ data }: { data: OverviewQuery }) {
  const tickets = [...data.late.nodes, ...data.running.nodes];
  return (
    <Panel title="Awaiting first response" aside={<Status of={data.late.totalCount ? "BREACHED" : "MET"} label={`${data.late.totalCount} late`} />}>
      {tickets.length === 0 && <Nothing title="All tickets have a response" />}
      {tickets.length > 0 && (
        <Rows label="Awaiting first response" heads={["Ticket", "Pod", "Response due#"]}>
          {tickets.map((ticket) => (
            <Table.Tr key={ticket.id}>
              <Table.Td>
                {ticket.title}
                <Text fz="xs" c="dimmed">
                  {ticket.id}
                </Text>
              </Table.Td>
              <Table.Td>
                <Go to={`/pods/${ticket.pod.id}#tickets`}>{ticket.pod.name}</Go>
              </Table.Td>
              <Table.Td className="right">
                <Clock due={ticket.responseDueAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Rows>
      )}
    </Panel>
  );
}

function Spend({ of }: { of: Organization }) {
  const { spend } = of;
  const columns = spend.byMonth.map(({ period, accrued, paid }) => ({
    name: inWords(period).slice(0, 3),
    values: [Number(accrued.amount), Number(paid.amount)],
  }));
  return (
    <Panel title="Spend by month" aside={<Text fz="sm"><Go to="/reports/organization-spend">{money(spend.total, 0)} over 6 months</Go></Text>}>
      <Columns
        names={["Accrued", "Paid"]}
        columns={columns}
        label={`Accrued by month: ${spend.byMonth.map((each) => `${inWords(each.period)} ${money(each.accrued)}`).join(", ")}`}
      />
      <Text fz="xs" c="dimmed" mt="xs">
        <Go to="#pods" plain>
          {money(spend.committedMonthly)} committed per month
        </Go>
        ,{" "}
        <Go to="/reports/organization-spend" plain>
          {money(spend.outstanding)} outstanding
        </Go>
        .
      </Text>
    </Panel>
  );
}

function Gap({ of, next }: { of: Organization; next: string }) {
  return (
    <Panel title={`Talent hours per week, ${inWords(next)}`}>
      <Rows label="Capacity by workspace" heads={["Workspace", "Committed#", "Requested#", "Available#", "Shortfall#"]}>
        {of.workspaces.nodes.map(({ id, name, demand }) => (
          <Table.Tr key={id}>
            <Table.Td>
              <Go to={`/capacity?workspace=${id}`}>{name}</Go>
            </Table.Td>
            <Table.Td className="right">{decimal(demand.currentCommitted)}</Table.Td>
            <Table.Td className="right">{decimal(demand.pendingRequests)}</Table.Td>
            <Table.Td className="right">{decimal(demand.availableSupply)}</Table.Td>
            <Table.Td className="right">
              <Text span inherit c={Number(demand.supplyGap) ? "red" : undefined} fw={600}>
                <Go to={`/capacity?workspace=${id}#demand`} plain>
                  {decimal(demand.supplyGap)}
                </Go>
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Rows>
    </Panel>
  );
}

function Overdue({ of }: { of: Organization }) {
  return (
    <Panel title="Overdue payments" id="overdue">
      {of.overduePayments.nodes.length === 0 && <Nothing title="No overdue payments" />}
      {of.overduePayments.nodes.length > 0 && (
        <Rows label="Overdue payments" heads={["Payment", "Due", "Amount#"]}>
          {of.overduePayments.nodes.map((payment) => (
            <Table.Tr key={payment.id}>
              <Table.Td>
                <Go to={`/outcomes/${payment.scope.request.id}`}>{payment.scope.title}</Go>
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
        </Rows>
      )}
    </Panel>
  );
}
