// Reports: each is one GraphQL query with options, shown as tables and a chart, to download or print.
import { Button, Group, NativeSelect, SimpleGrid, Stack, Table, Text, TextInput, VisuallyHidden } from "@mantine/core";
import { Fragment, useMemo } from "react";
import { type AnyVariables, type TypedDocumentNode, useQuery } from "urql";
import { useSearchParams } from "wouter";
import { ChoicesDocument } from "#queries/choices";
import { BarChart } from "../shell/chart.tsx";
import { DateTime, StatusBadge } from "../shell/values.tsx";
import { humanize, isInstant, quantity } from "../shell/format.ts";
import { TextLink } from "../shell/text-link.tsx";
import { Icon } from "../shell/icons.tsx";
import { NotFound, Page, PageHeader } from "../shell/page.tsx";
import { DataTable, Panel } from "../shell/panel.tsx";
import { formatPeriod, quarter } from "../shell/periods.ts";
import { useSession } from "../shell/session.tsx";
import { now } from "../shell/config.ts";
import { Sparkline } from "../shell/sparkline.tsx";
import { EmptyState } from "../shell/states.tsx";
import { columnTitles, formatValue, isFigure, isObject, listOf, lists, type Result, scalars, title, valueAt, visibleColumns } from "./result.ts";
import { csv, valuesAt } from "./csv.ts";
import { CHARTS } from "./charts.ts";
import { fromFieldValue, kindOf, type Report, REPORTS, toFieldValue, type Values, valuesOf, variablesOf } from "./parameters.ts";

export default function Reports({ name }: { name?: string }) {
  const report = REPORTS.find((each) => each.name === name);
  if (report) return <ReportPage report={report} />;
  return name ? <NotFound what="Report" /> : <ReportList />;
}

function ReportList() {
  return (
    <Stack gap="lg">
      <PageHeader title="Reports">{quantity(REPORTS.length, "report")}</PageHeader>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
        {REPORTS.map((report) => (
          <Panel key={report.name} title={report.title}>
            <Text fz="sm" mb="sm">
              {report.sentence}
            </Text>
            <TextLink to={`/reports/${report.name}`} strong>
              View report<VisuallyHidden>: {report.title}</VisuallyHidden>
            </TextLink>
          </Panel>
        ))}
      </SimpleGrid>
    </Stack>
  );
}

const scopedFirst = <Of extends { scope: unknown }>(requests: Of[]) => [...requests].sort((one, other) => Number(!one.scope) - Number(!other.scope));

type Choices = Record<string, { value: string; label: string }[]>;

function ReportPage({ report }: { report: Report }) {
  const { organization } = useSession();
  const [search, setSearch] = useSearchParams();
  const [{ data }] = useQuery({ query: ChoicesDocument, variables: { organization: organization.id } });
  const choices: Choices = useMemo(
    () => ({
      organization: [{ value: organization.id, label: organization.name }],
      workspace: organization.workspaces.nodes.map(({ id, name }) => ({ value: id, label: name })),
      pod: data?.organization?.pods.nodes.map(({ id, name }) => ({ value: id, label: name })) ?? [],
      // The default is a request with a scope, which has more to report.
      request: scopedFirst(data?.outcomeRequests.nodes ?? []).map(({ id, title: label }) => ({ value: id, label })),
    }),
    [organization, data],
  );
  const given = Object.fromEntries(search);
  const first = Object.fromEntries(Object.entries(choices).map(([option, [choice]]) => [option, choice?.value ?? ""]));
  const at = useMemo(now, []);
  const values = valuesOf(report, { ...first, ...given }, at);
  const variables = useMemo(() => variablesOf(report, values), [report, JSON.stringify(values)]);
  const ready = report.parameters.every(({ option }) => values[option]);
  const change = (option: string, value: string) => setSearch({ ...given, [option]: value });
  return (
    <Stack gap="lg">
      <PageHeader title={report.title} aside={<Text className="no-print" fz="sm"><TextLink to="/reports">All reports</TextLink></Text>}>
        {report.sentence}
      </PageHeader>
      <Options report={report} values={values} choices={choices} change={change} />
      {ready && (
        <Page
          key={report.name}
          query={report.document as unknown as TypedDocumentNode<Result, AnyVariables>}
          variables={variables}
          title={report.title}
        >
          {(result) => <ReportContent report={report} result={result} options={optionText(report, values, choices)} />}
        </Page>
      )}
      {!ready && data && <EmptyState title="No data yet">This organization has no record for this report.</EmptyState>}
    </Stack>
  );
}

interface OptionsProps {
  report: Report;
  values: Values;
  choices: Choices;
  change: (option: string, value: string) => void;
}

const RESOURCES = ["TALENT_HOURS", "COMPUTE", "STORAGE_GB", "AGENT_CREDITS", "INTELLIGENCE_UNITS"];
const QUARTERS = [-2, -1, 0, 1, 2, 3];

function Options({ report, values, choices, change }: OptionsProps) {
  return (
    <Group gap="xs" align="flex-end" className="no-print">
      {report.parameters.map(({ option }) => {
        const [kind, value, label] = [kindOf(report, option), values[option] ?? "", humanize(option.replaceAll("-", " "))];
        const data =
          kind === "choice"
            ? (choices[option] ?? [])
            : kind === "quarter"
              ? QUARTERS.map((later) => ({ value: quarter(now(), later), label: formatPeriod(quarter(now(), later)) }))
              : kind === "resource"
                ? RESOURCES.map((each) => ({ value: each, label: humanize(each) }))
                : null;
        if (data)
          return <NativeSelect key={option} label={label} value={value} data={data} onChange={(event) => change(option, event.currentTarget.value)} />;
        const before = toFieldValue(kind, value);
        const changed = (text: string) => text !== before && change(option, fromFieldValue(kind, text));
        return (
          <TextInput
            key={option + value}
            label={label}
            type={kind === "instant" ? "datetime-local" : kind === "number" ? "text" : kind}
            defaultValue={before}
            onBlur={(event) => changed(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && changed(event.currentTarget.value)}
          />
        );
      })}
    </Group>
  );
}

function download(report: Report, result: Result) {
  const rows = valuesAt(result, report.rows).filter(isObject);
  const file = new Blob([csv(rows, report.columns)], { type: "text/csv" });
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: `${report.name}.csv` });
  link.click();
  URL.revokeObjectURL(link.href);
}

/** The selected options as text; the only place where a printed report shows them. */
function optionText(report: Report, values: Values, choices: Choices): string {
  const options = report.parameters.map(({ option }) => {
    const chosen = choices[option]?.find(({ value }) => value === values[option]);
    return chosen ? `${chosen.label}, ${chosen.value}` : `${humanize(option.replaceAll("-", " ")).toLowerCase()} ${formatValue(values[option])}`;
  });
  return options.join(" · ");
}

function ReportContent({ report, result, options }: { report: Report; result: Result; options: string }) {
  const rows = valuesAt(result, report.rows).filter(isObject);
  const root = Object.values(result)[0];
  const facts = isObject(root) ? scalars(root) : [];
  const others = isObject(result) ? lists(result).filter(([path, list]) => list.length > 0 && path !== report.rows.replace(/\.nodes$/, "")) : [];
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Text c="dimmed" fz="sm">
          {options}
        </Text>
        <Group gap="xs" className="no-print">
          <Button size="xs" variant="default" leftSection={<Icon of="download" size={14} />} onClick={() => download(report, result)}>
            CSV
          </Button>
          <Button size="xs" variant="default" leftSection={<Icon of="print" size={14} />} onClick={() => window.print()}>
            Print
          </Button>
        </Group>
      </Group>
      <Panel title={report.title}>
        {rows.length === 0 ? (
          <EmptyState title="No results">{report.name === "orphaned-allocations" ? "No capacity is allocated to an ended service line." : undefined}</EmptyState>
        ) : (
          <Records label={report.title} rows={rows} columns={visibleColumns(report.columns)} nested />
        )}
      </Panel>
      <Chart report={report} result={result} />
      {facts.length > 1 && (
        <Panel title="Summary">
          <Facts facts={facts} />
        </Panel>
      )}
      {others.map(([path, list]) => (
        <Panel key={path} title={title(path.split(".").slice(1).join(".") || path)}>
          <Records label={title(path)} rows={list} columns={visibleColumns(columnsOf(list))} />
        </Panel>
      ))}
    </Stack>
  );
}

function columnsOf(rows: Result[]): string[] {
  const columns = new Set<string>();
  for (const row of rows) {
    for (const [path] of scalars(row)) columns.add(path);
    for (const [name, value] of Object.entries(row)) if (listOf(value)?.length) columns.add(name);
  }
  return [...columns];
}

/** The value of a cell: an amount with its currency, or a list. */
function cell(row: Result, column: string): unknown {
  const value = valueAt(row, column.replace(/\.amount$/, ""));
  return listOf(value) ?? value;
}

interface RecordsProps {
  label: string;
  rows: Result[];
  columns: string[];
  /** Show the nested lists of each record below it. */
  nested?: boolean;
}

const WIDE_TEXT = 28; // characters from which a text column gets a minimum width

function Records({ label, rows, columns, nested = false }: RecordsProps) {
  const figures = columns.map((column) => rows.every((row) => cell(row, column) == null || isFigure(cell(row, column))));
  const wide = columns.map((column) => rows.some((row) => formatValue(cell(row, column)).length > WIDE_TEXT));
  return (
    <DataTable label={label} dense={columns.length > 8} headers={columnTitles(columns).map((head, index) => head + (figures[index] ? "#" : ""))}>
      {rows.map((row, index) => (
        <Fragment key={String(row.id ?? index)}>
          <Table.Tr>
            {columns.map((column, place) => (
              <Table.Td key={column} className={figures[place] ? "right figure" : undefined} miw={wide[place] ? 150 : undefined}>
                <Value value={cell(row, column)} column={column} />
              </Table.Td>
            ))}
          </Table.Tr>
          {nested && <NestedLists of={row} span={columns.length} />}
        </Fragment>
      ))}
    </DataTable>
  );
}

/** The nested lists of a record, in a row below it. */
function NestedLists({ of, span }: { of: Result; span: number }) {
  const options = lists(of).filter(([path, list]) => list.length > 0 && path !== "availableActions");
  if (options.length === 0) return null;
  return (
    <Table.Tr className="more">
      <Table.Td colSpan={span}>
        {options.map(([path, list]) => (
          <Text key={path} fz="xs" component="div">
            <b>{title(path)}</b> <Value value={list} column={path} />
          </Text>
        ))}
      </Table.Td>
    </Table.Tr>
  );
}

/** Utilisation by week. */
function utilisationTrend(trend: Result[]): (number | null)[] {
  return trend.map(({ utilisationPercent }) => (utilisationPercent == null ? null : Number(utilisationPercent)));
}

const STATUSES = /(^|\.)(status|severity|band|risk|responseSla)$/;

function Value({ value, column = "" }: { value: unknown; column?: string }) {
  if (typeof value === "string" && STATUSES.test(column)) return <StatusBadge of={value} label={column.endsWith("severity") ? value : undefined} />;
  if (isInstant(value)) return <DateTime at={value} />;
  const trend = column.endsWith("trend") ? listOf(value) : null;
  if (trend) return <Sparkline values={utilisationTrend(trend)} floor={50} label={`Utilisation by week: ${utilisationTrend(trend).map(formatValue).join(", ")}`} />;
  const text = formatValue(value);
  return /^[A-Z]+-\d\d-\d+$/.test(text) ? <span className="figure">{text}</span> : text;
}

function Facts({ facts }: { facts: [string, unknown][] }) {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xs" component="dl" m={0}>
      {facts.map(([path, value]) => (
        <div key={path}>
          <Text component="dt" fz="xs" c="dimmed">
            {title(path)}
          </Text>
          <Text component="dd" fz="sm" m={0}>
            <Value value={value} column={path} />
          </Text>
        </div>
      ))}
    </SimpleGrid>
  );
}

const MAX_LABELLED_BARS = 4; // bars up to which every label is shown, also on a phone
const PHONE_CHART_WIDTH = 290; // pixels available for labels on a phone

/** Axis labels that wrap to the width of their bar. */
const axisLabels = (bars: number) => ({
  interval: 0,
  height: 48,
  tick: { transform: "translate(0, 10)", fontSize: 10, fill: "currentColor", width: PHONE_CHART_WIDTH / bars },
});

function Chart({ report, result }: { report: Report; result: Result }) {
  const chart = CHARTS[report.name];
  const found = chart?.rows.split(".").reduce((inner: unknown, name) => (Array.isArray(inner) ? inner[Number(name)] : isObject(inner) ? inner[name] : null), result);
  const rows = listOf(found) ?? [];
  if (!chart || rows.length < 1) return null;
  const label = (row: Result) => formatValue(valueAt(row, chart.label));
  const data = rows.map((row) => ({
    label: label(row).length > WIDE_TEXT ? `${label(row).slice(0, WIDE_TEXT)}…` : label(row),
    ...Object.fromEntries(chart.series.map(([name, path]) => [name, Number(valueAt(row, path) ?? 0)])),
  }));
  const latestFirst = chart.label === "period" && String(rows[0]?.period) > String(rows.at(-1)?.period);
  return (
    <Panel title={chart.series.map(([name]) => name).join(" and ")}>
      <BarChart
        h={230}
        data={latestFirst ? data.reverse() : data}
        dataKey="label"
        unit={chart.unit}
        withLegend={chart.series.length > 1}
        maxBarWidth={48}
        xAxisProps={rows.length <= MAX_LABELLED_BARS ? axisLabels(rows.length) : undefined}
        series={chart.series.map(([name], index) => ({ name, color: index ? "indigo.4" : "teal.6" }))}
        label={rows.map((row) => `${label(row)} ${chart.series.map(([name, path]) => `${name} ${formatValue(valueAt(row, path))}`).join(", ")}`).join("; ")}
      />
    </Panel>
  );
}
