// The chart of each report: its list, label and series.

export interface ChartSpec {
  rows: string;
  label: string;
  series: [string, string][];
  unit?: string;
}

export const CHARTS: Record<string, ChartSpec> = {
  "monthly-sla-review": { rows: "pod.history12", label: "period", series: [["Compliance", "compliancePercent"]], unit: "%" },
  "capacity-planning": {
    rows: "workspace.capacityPools.nodes.0.allocations",
    label: "serviceLine.name",
    series: [["Committed", "committedPerWeek"], ["Used last week", "actualLastWeek"]],
  },
  "acceptance-queue": { rows: "deliverables", label: "title", series: [["Review age", "reviewAgeHours"]], unit: " hours" },
  "renewal-decision": { rows: "pod.slaReports", label: "period", series: [["Compliance", "compliancePercent"]], unit: "%" },
  "under-utilised": { rows: "allocations", label: "serviceLine.name", series: [["Utilisation", "utilisationPercent"]], unit: "%" },
  "orphaned-allocations": { rows: "organization.orphaned", label: "id", series: [["Committed", "committedPerWeek"]] },
  "organization-spend": {
    rows: "organization.spend.byMonth",
    label: "period",
    series: [["Accrued", "accrued.amount"], ["Paid", "paid.amount"]],
  },
  "weekly-watch": { rows: "workspace.pods", label: "name", series: [["Health", "serviceLine.health.score"]] },
  "overbooked-talent": {
    rows: "organization.talent",
    label: "title",
    series: [["Committed", "committedHoursPerWeek"], ["Limit", "weeklyHoursLimit"]],
    unit: " hours",
  },
  "engagement-dossier": {
    rows: "outcomeRequest.scope.paymentSchedule",
    label: "trigger",
    series: [["Payment", "payment.amount.amount"]],
  },
};
