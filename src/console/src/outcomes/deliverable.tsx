// A deliverable under review: each criterion next to its evidence.
import { Anchor, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import type { OutcomePageQuery } from "#asked/outcome";
import { Actions } from "../actions/actions.tsx";
import { criterion } from "../actions/choices.ts";
import { Moment, Status } from "../shell/figures.tsx";
import { words } from "../shell/format.ts";
import { Go } from "../shell/go.tsx";

type Scope = NonNullable<NonNullable<OutcomePageQuery["outcomeRequest"]>["scope"]>;
export type Reviewed = Omit<Scope["deliverables"]["nodes"][number], "submittedAt" | "acceptedAt" | "history">;

interface Shown {
  of: Reviewed;
  scope?: { title: string; request: { id: string } };
}

export function Deliverable({ of, scope }: Shown) {
  const evidence = of.latestSubmission?.evidence ?? [];
  const criteria = of.acceptanceCriteria.map(criterion);
  const general = evidence.filter(({ criterionKey }) => !criterionKey);
  return (
    <Stack gap="xs" component="article" aria-label={of.title}>
      <Group justify="space-between" gap="xs" align="flex-start">
        <div>
          <Title order={3}>{of.title}</Title>
          <Group gap="xs" fz="xs" c="dimmed">
            {of.id} <Status of={of.status} label={of.status === "REJECTED" ? "Rejected" : words(of.status)} />
            {scope && <Go to={`/outcomes/${scope.request.id}`}>{scope.title}</Go>}
            <span>{of.cycle.name}</span>
            {of.attempt > 1 && <span>Attempt {of.attempt}</span>}
            {of.readyAt && <span>Ready since <Moment at={of.readyAt} /></span>}
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
            <Links evidence={evidence.filter(({ criterionKey }) => criterionKey === key)} />
          </SimpleGrid>
        ))}
        {general.length > 0 && <Links evidence={general} />}
      </Stack>
      {of.latestSubmission?.notes && (
        <Text fz="sm" c="dimmed" component="div">
          “{of.latestSubmission.notes}” {of.latestSubmission.submittedBy?.name}, <Moment at={of.latestSubmission.submittedAt} />
        </Text>
      )}
      {of.reviews.map((review) => (
        <Text key={review.reviewedAt} fz="sm" c={review.accepted ? "dimmed" : undefined} component="div">
          <Status of={review.accepted ? "ACCEPTED" : "REJECTED"} /> Attempt {review.attempt}, <Moment at={review.reviewedAt} />
          {review.unmetCriteria.length > 0 && `, not met: ${review.unmetCriteria.map(({ key }) => key).join(", ")}`}
          {review.rejectionReason && `. ${review.rejectionReason}`}
        </Text>
      ))}
    </Stack>
  );
}

function Links({ evidence }: { evidence: { label: string; url: string }[] }) {
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
