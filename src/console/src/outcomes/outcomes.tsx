// Outcomes: the board from request to final payment, and the deliverables to review.
import { Card, Group, Progress, ScrollArea, Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import { OutcomesDocument, type OutcomesQuery } from "#queries/outcomes";
import { CreateButton } from "../actions/actions.tsx";
import { nameOption, subscriptionOption } from "../actions/choices.ts";
import { DateTime } from "../shell/values.tsx";
import { money, quantity } from "../shell/format.ts";
import { TextLink } from "../shell/text-link.tsx";
import { Page, PageHeader } from "../shell/page.tsx";
import { Panel } from "../shell/panel.tsx";
import { useSession } from "../shell/session.tsx";
import { EmptyState } from "../shell/states.tsx";
import { Deliverable } from "./deliverable.tsx";

type Request = OutcomesQuery["outcomeRequests"]["nodes"][number];

const COLUMNS = ["Scoping", "Requires negotiation", "Pending confirmation", "In delivery", "Ready for acceptance", "Payment due", "Completed", "Cancelled"] as const;
type Column = (typeof COLUMNS)[number];

/** The column of the board that a request belongs to. */
export function columnOf({ status, scope }: Request): Column {
  if (status === "CANCELLED" || scope?.status === "CANCELLED") return "Cancelled";
  if (status === "REQUIRES_NEGOTIATION") return "Requires negotiation";
  // A request whose confirmed scope was cancelled keeps the status SCOPED but has no scope.
  if (!scope) return status === "SCOPED" ? "Cancelled" : "Scoping";
  if (scope.status === "PENDING_CONFIRMATION") return "Pending confirmation";
  if (scope.status === "ACTIVE") return scope.progress.readyForAcceptance ? "Ready for acceptance" : "In delivery";
  return scope.payments.nodes.some((payment) => payment.status === "DUE") ? "Payment due" : "Completed";
}

export default function Outcomes() {
  const { organization } = useSession();
  const variables = useMemo(() => ({ organization: organization.id }), [organization.id]);
  return (
    <Page query={OutcomesDocument} variables={variables} title="Outcomes">
      {(data) => <Content data={data} />}
    </Page>
  );
}

function Content({ data }: { data: OutcomesQuery }) {
  const requests = data.outcomeRequests.nodes;
  const { organization } = useSession();
  const choices = {
    workspaceId: organization.workspaces.nodes.map(nameOption),
    subscriptionId: (data.organization?.subscriptions ?? []).map(subscriptionOption),
    projectIds: (data.organization?.projects.nodes ?? []).map(nameOption),
  };
  const board = COLUMNS.map((column) => [column, requests.filter((request) => columnOf(request) === column)] as const);
  return (
    <>
      <PageHeader title="Outcomes" aside={<CreateButton mutation="submitOutcomeRequest" choices={choices} />}>
        {quantity(data.outcomeRequests.totalCount, "outcome")}
      </PageHeader>
      {requests.length === 0 && <EmptyState title="No outcomes yet">Submit a request to start your first outcome.</EmptyState>}
      <ScrollArea type="auto" offsetScrollbars viewportProps={{ tabIndex: 0, role: "region", "aria-label": "Board" }}>
        <Group align="stretch" wrap="nowrap" gap="sm">
          {board
            .filter(([, cards]) => cards.length > 0)
            .map(([column, cards]) => (
              <Stack key={column} gap="xs" className="lane" component="section" aria-label={column}>
                <Text fz="sm" fw={650} component="h2">
                  {column}{" "}
                  <Text span c="dimmed" inherit>
                    {cards.length}
                  </Text>
                </Text>
                {cards.map((request) => (
                  <RequestCard key={request.id} of={request} />
                ))}
              </Stack>
            ))}
        </Group>
      </ScrollArea>
      <Panel title="Ready for your review" id="queue">
        {data.queue.totalCount === 0 && <EmptyState title="Nothing to review">Deliverables appear here when their cycle is in review.</EmptyState>}
        <Stack gap="lg">
          {data.queue.nodes.map((deliverable) => (
            <Deliverable key={deliverable.id} of={deliverable} scope={deliverable.scope} />
          ))}
        </Stack>
      </Panel>
    </>
  );
}

function RequestCard({ of }: { of: Request }) {
  const { scope } = of;
  const owed = scope?.payments.nodes.find(({ overdue }) => overdue);
  return (
    <Card withBorder padding="sm" radius="md" fz="sm">
      <TextLink to={`/outcomes/${of.id}`} strong>
        {of.title}
      </TextLink>
      <Text fz="xs" c="dimmed" mt={2}>
        {of.workspace.name}
      </Text>
      <Text fz="sm" mt={6} className="figure">
        {scope ? money(scope.fixedPrice) : of.budgetMax ? `Budget up to ${money(of.budgetMax)}` : "No budget set"}
      </Text>
      {scope && scope.status !== "PENDING_CONFIRMATION" && scope.progress.total > 0 && (
        <>
          <Progress value={Number(scope.progress.percentAccepted)} mt={6} aria-label={`${scope.progress.accepted} of ${scope.progress.total} deliverables accepted`} />
          <Text fz="xs" c="dimmed" mt={4}>
            {scope.progress.accepted} of {scope.progress.total} accepted
            {scope.progress.daysLate > 0 ? `, ${quantity(scope.progress.daysLate, "day")} late` : ""}
          </Text>
        </>
      )}
      {scope?.status === "PENDING_CONFIRMATION" && scope.validUntil && (
        <Text fz="xs" c="dimmed" mt={4} component="div">
          Valid until <DateTime at={scope.validUntil} short />
        </Text>
      )}
      {of.negotiationReason && (
        <Text fz="xs" c="dimmed" mt={4} lineClamp={3}>
          {of.negotiationReason}
        </Text>
      )}
      {owed && (
        <Text fz="xs" c="red" fw={600} mt={4}>
          {money(owed.amount)} overdue
        </Text>
      )}
    </Card>
  );
}
