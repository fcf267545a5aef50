// One outcome: request, scope, cycles on a timeline, deliverables, payments and history.
import { Group, List, SimpleGrid, Stack, Table, Text } from "@mantine/core";
import { useMemo } from "react";
import { OutcomePageDocument, type OutcomePageQuery } from "#queries/outcome";
import { Actions } from "../actions/actions.tsx";
import { poolOption } from "../actions/choices.ts";
import { DateTime, Day, Money, StatusBadge } from "../shell/values.tsx";
import { eventName, humanize, money, quantity, withUnit } from "../shell/format.ts";
import { TextLink } from "../shell/text-link.tsx";
import { NotFound, Page, PageHeader } from "../shell/page.tsx";
import { DataTable, Panel, StatCard } from "../shell/panel.tsx";
import { now } from "../shell/config.ts";
import { EmptyState } from "../shell/states.tsx";
import { Deliverable } from "./deliverable.tsx";

type Request = NonNullable<OutcomePageQuery["outcomeRequest"]>;
type Scope = NonNullable<Request["scope"]>;

export default function Outcome({ id }: { id: string }) {
  const variables = useMemo(() => ({ request: id }), [id]);
  return (
    <Page query={OutcomePageDocument} variables={variables} title={id}>
      {({ outcomeRequest }) => (outcomeRequest ? <Content of={outcomeRequest} /> : <NotFound what="Outcome" />)}
    </Page>
  );
}

function Content({ of }: { of: Request }) {
  const { scope } = of;
  const { capacityPools } = of.workspace.organization;
  return (
    <>
      <PageHeader title={of.title} aside={<Actions of={of} kind="OutcomeRequest" choices={{ capacityPoolId: capacityPools.nodes.map(poolOption) }} />}>
        <Group gap="xs">
          {of.id} <StatusBadge of={scope && scope.status !== "CANCELLED" ? scope.status : of.status} /> {[of.workspace, ...of.projects].map(({ name }) => name).join(" · ")}
        </Group>
      </PageHeader>
      {scope && <Stats of={scope} />}
      <RequestPanel of={of} />
      {scope && <ScopePanel of={scope} within={of.scopeSummary} />}
      {scope && <Cycles of={scope} />}
      {scope && (
        <Panel title="Deliverables" id="deliverables">
          <Stack gap="xl">
            {scope.deliverables.nodes.map((deliverable) => (
              <Deliverable key={deliverable.id} of={deliverable} />
            ))}
          </Stack>
        </Panel>
      )}
      {scope && <Payments of={scope} />}
      <History of={of} />
    </>
  );
}

function Stats({ of }: { of: Scope }) {
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      <StatCard label="Fixed price" note={of.paymentTerms}>
        {money(of.fixedPrice, 0)}
      </StatCard>
      <StatCard label="Deliverables accepted" note={of.progress.rejectedTimes ? quantity(of.progress.rejectedTimes, "rejection") : "No rejections"}>
        {of.progress.accepted} of {of.progress.total}
      </StatCard>
      <StatCard label="Duration" note={of.progress.daysLate > 0 ? `${quantity(of.progress.daysLate, "day")} late` : of.confirmedAt ? "On schedule" : "From confirmation"} tone={of.progress.daysLate > 0 ? "bad" : undefined}>
        {quantity(of.timelineWeeks, "week")}
      </StatCard>
      <StatCard label="Service line" note={of.serviceLine ? of.serviceLine.id : "Starts on confirmation"}>
        {of.serviceLine ? <StatusBadge of={of.serviceLine.status} /> : "–"}
      </StatCard>
    </SimpleGrid>
  );
}

function RequestPanel({ of }: { of: Request }) {
  return (
    <Panel title="Request">
      <Text fz="sm">{of.description}</Text>
      <Text fz="sm" mt="xs">
        <b>Desired outcome:</b> {of.desiredOutcome}
      </Text>
      <List fz="sm" mt="xs" spacing={2}>
        {of.acceptanceCriteria.map((criterion) => (
          <List.Item key={criterion}>{criterion}</List.Item>
        ))}
      </List>
      <Text fz="xs" c="dimmed" mt="xs" component="div">
        {of.budgetMax ? `Budget up to ${money(of.budgetMax)}` : "No budget set"}
        {of.timelineWeeks ? ` · Within ${quantity(of.timelineWeeks, "week")}` : ""} · Requested by {of.submittedBy?.name ?? "unknown user"} on <DateTime at={of.createdAt} />
      </Text>
      {of.negotiationReason && (
        <Text fz="sm" mt="xs">
          <b>Reason for negotiation:</b> {of.negotiationReason}
        </Text>
      )}
      {of.scopes.length > 1 && (
        <Text fz="xs" c="dimmed" mt="xs">
          Earlier proposals:{" "}
          {of.scopes
            .filter(({ id }) => id !== of.scope?.id)
            .map((scope) => `${scope.id}, ${money(scope.fixedPrice)}${scope.declineReason ? `: ${scope.declineReason}` : ""}`)
            .join("; ")}
        </Text>
      )}
    </Panel>
  );
}

function ScopePanel({ of, within }: { of: Scope; within: Request["scopeSummary"] }) {
  const warnings = [
    within?.withinBudget === false && "over budget",
    within?.withinTimeline === false && "longer than requested",
  ].filter(Boolean);
  return (
    <Panel title={of.status === "PENDING_CONFIRMATION" ? "Proposal" : "Scope"} aside={<Actions of={of} kind="Scope" />}>
      <Text fz="sm">
        {of.title}: <Money value={of.fixedPrice} />, {of.paymentTerms}, {quantity(of.timelineWeeks, "week")},{" "}
        {quantity(of.committedPerWeek, "hour")} per week from <TextLink to="/capacity" inText>{of.capacityPool.id}</TextLink>
        {warnings.length > 0 ? ` (${warnings.join(", ")})` : ""}.
      </Text>
      <Text fz="xs" c="dimmed" mt={4} component="div">
        {of.confirmedAt ? (
          <>
            Confirmed by {of.acceptedBy?.name ?? "unknown user"} on <DateTime at={of.confirmedAt} />
          </>
        ) : (
          of.validUntil && (
            <>
              Valid until <DateTime at={of.validUntil} /> · {withUnit(of.capacityPool.available, of.capacityPool.unit)} available in the pool
            </>
          )
        )}
      </Text>
    </Panel>
  );
}

function Cycles({ of }: { of: Scope }) {
  const cycles = of.cycles.nodes;
  const [first, last] = [
    Math.min(...cycles.map(({ plannedStart }) => Date.parse(plannedStart))),
    Math.max(...cycles.map(({ plannedEnd }) => Date.parse(plannedEnd))) + 86_400_000,
  ];
  const place = (at: number) => ((at - first) / (last - first)) * 100;
  const today = place(now().getTime());
  return (
    <Panel title="Cycles">
      {cycles.length === 0 && <EmptyState title="No cycles" />}
      <Stack gap="sm">
        {cycles.map((cycle) => {
          const [start, end] = [place(Date.parse(cycle.plannedStart)), place(Date.parse(cycle.plannedEnd) + 86_400_000)];
          return (
            <div key={cycle.id}>
              <Group justify="space-between" gap="xs">
                <Text fz="sm" fw={600} component="div">
                  {cycle.name} {cycle.kind === "REMEDIATION" && <StatusBadge of="WAITING" label="Remediation" />}
                </Text>
                <Group gap="xs" fz="xs" c="dimmed">
                  <StatusBadge of={cycle.status} />
                  <span>
                    <Day on={cycle.plannedStart} /> to <Day on={cycle.plannedEnd} />
                  </span>
                  {cycle.overdue && <StatusBadge of="OVERDUE" />}
                  <Actions of={cycle} kind="Cycle" quiet />
                </Group>
              </Group>
              <div className="line" aria-hidden="true">
                <div className={`bar ${cycle.status.toLowerCase()}`} style={{ left: `${start}%`, width: `${Math.max(end - start, 1)}%` }} />
                {today >= 0 && today <= 100 && <div className="today" style={{ left: `${today}%` }} />}
              </div>
            </div>
          );
        })}
      </Stack>
    </Panel>
  );
}

function Payments({ of }: { of: Scope }) {
  return (
    <Panel title="Payments" aside={<Text fz="xs" c="dimmed">{of.paymentTerms}</Text>}>
      <DataTable label="Payments" headers={["Payment", "Status", "Due or paid", "Amount#", ""]}>
        {of.payments.nodes.map((payment) => (
          <Table.Tr key={payment.id}>
            <Table.Td>
              {payment.description}
              <Text fz="xs" c="dimmed">
                {payment.id}
              </Text>
            </Table.Td>
            <Table.Td>
              <StatusBadge of={payment.overdue ? "OVERDUE" : payment.status} />
            </Table.Td>
            <Table.Td>
              <DateTime at={payment.paidAt ?? payment.dueAt} short />
            </Table.Td>
            <Table.Td className="right">
              <Money value={payment.amount} />
            </Table.Td>
            <Table.Td className="right">
              <Actions of={payment} kind="Payment" quiet />
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </Panel>
  );
}

const MAX_EVENTS = 30; // events

/** Events of the request, its scope, cycles, deliverables and payments, newest first. */
function allEvents({ history, scope }: Request) {
  const parts = scope ? [scope, ...scope.cycles.nodes, ...scope.deliverables.nodes, ...scope.payments.nodes] : [];
  const events = [history, ...parts.map((part) => part.history)].flatMap(({ nodes }) => nodes);
  return events.sort((one, other) => other.sequence - one.sequence);
}

function History({ of }: { of: Request }) {
  const events = allEvents(of);
  const names: Record<string, string> = Object.fromEntries([
    ...(of.scope?.cycles.nodes ?? []).map(({ id, name }) => [id, name]),
    ...(of.scope?.deliverables.nodes ?? []).map(({ id, title }) => [id, title]),
    ...(of.scope?.payments.nodes ?? []).map(({ id, description }) => [id, description]),
  ]);
  return (
    <Panel title="History" aside={events.length > MAX_EVENTS && <Text fz="xs" c="dimmed">Showing latest {MAX_EVENTS} of {events.length}</Text>}>
      <List listStyleType="none" spacing={6} fz="sm">
        {events.slice(0, MAX_EVENTS).map((event) => (
          <List.Item key={event.id} className="wide">
            <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
              <div>
                {eventName(event.type)}
                {names[event.subjectId] && `: ${names[event.subjectId]}`}
                <Text fz="xs" c="dimmed">
                  {event.actor.user?.name ?? humanize(event.actor.type)}
                </Text>
              </div>
              <Text fz="xs" c="dimmed" component="span">
                <DateTime at={event.occurredAt} />
              </Text>
            </Group>
          </List.Item>
        ))}
      </List>
    </Panel>
  );
}
