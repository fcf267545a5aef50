// A deliverable under review: each criterion next to its evidence.
import { Anchor, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import type { OutcomePageQuery } from "#queries/outcome";
import { Actions } from "../actions/actions.tsx";
import { criterionOption } from "../actions/choices.ts";
import { DateTime, StatusBadge } from "../shell/values.tsx";
import { humanize } from "../shell/format.ts";
import { TextLink } from "../shell/text-link.tsx";

type Scope = NonNullable<NonNullable<OutcomePageQuery["outcomeRequest"]>["scope"]>;
export type Reviewed = Omit<Scope["deliverables"]["nodes"][number], "submittedAt" | "acceptedAt" | "history">;

interface DeliverableProps {
  of: Reviewed;
  scope?: { title: string; request: { id: string } };
}

export function Deliverable({ of, scope }: DeliverableProps) {
  const evidence = of.latestSubmission?.evidence ?? [];
  const criteria = of.acceptanceCriteria.map(criterionOption);
  const general = evidence.filter(({ criterionKey }) => !criterionKey);
  return (
    <Stack gap="xs" component="article" aria-label={of.title}>
      <Group justify="space-between" gap="xs" align="flex-start">
        <div>
          <Title order={3}>{of.title}</Title>
          <Group gap="xs" fz="xs" c="dimmed">
            {of.id} <StatusBadge of={of.status} label={of.status === "REJECTED" ? "Rejected" : humanize(of.status)} />
            {scope && <TextLink to={`/outcomes/${scope.request.id}`}>{scope.title}</TextLink>}
            <span>{of.cycle.name}</span>
            {of.attempt > 1 && <span>Attempt {of.attempt}</span>}
            {of.readyAt && <span>Ready since <DateTime at={of.readyAt} /></span>}
          </Group>
        </div>
        <Actions of={of} kind="Deliverable" choices={{ unmetCriteria: criteria, criterionKey: criteria }} />
      </Group>
      <Text fz="sm">{of.description}</Text>
      <Stack gap={6}>
        {of.acceptanceCriteria.map(({ key, text }) => (
          <SimpleGrid key={key} cols={{ base: 1, sm: 2 }} spacing="xs" verticalSpacing={2} className="criterion">
            <Text fz="sm">
              <b>{key}</b> {text}
            </Text>
            <EvidenceLinks evidence={evidence.filter(({ criterionKey }) => criterionKey === key)} />
          </SimpleGrid>
        ))}
        {general.length > 0 && <EvidenceLinks evidence={general} />}
      </Stack>
      {of.latestSubmission?.notes && (
        <Text fz="sm" c="dimmed" component="div">
          “{of.latestSubmission.notes}” {of.latestSubmission.submittedBy?.name}, <DateTime at={of.latestSubmission.submittedAt} />
        </Text>
      )}
      {of.reviews.map((review) => (
        <Text key={review.reviewedAt} fz="sm" c={review.accepted ? "dimmed" : undefined} component="div">
          <StatusBadge of={review.accepted ? "ACCEPTED" : "REJECTED"} /> Attempt {review.attempt}, <DateTime at={review.reviewedAt} />
          {review.unmetCriteria.length > 0 && `, not met: ${review.unmetCriteria.map(({ key }) => key).join(", ")}`}
          {review.rejectionReason && `. ${review.rejectionReason}`}
        </Text>
      ))}
    </Stack>
  );
}

function EvidenceLinks({ evidence }: { evidence: { label: string; url: string }[] }) {
  if (evidence.length === 0)
    return (
      <Text fz="sm" c="dimmed">
        No evidence yet
      </Text>
    );
  return (
    <Group gap="xs">
      {evidence.map(({ label, url }) => (
        <Anchor key={url} href={url} target="_blank" rel="noreferrer noopener" fz="sm">
          {label}
        </Anchor>
      ))}
    </Group>
  );
}
