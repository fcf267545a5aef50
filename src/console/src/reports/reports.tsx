// Reports: each is one GraphQL query with options, shown as tables and a chart, to download or print.
import { Button, Group, NativeSelect, SimpleGrid, Stack, Table, Text, TextInput, VisuallyHidden } from "@mantine/core";
import { Fragment, useMemo } from "react";
import { type AnyVariables, type TypedDocumentNode, useQuery } from "urql";
import { useSearchParams } from "wouter";
import { ChoicesDocument } from "#asked/choices";
import { Bars } from "../shell/chart.tsx";
import { Moment, Status } from "../shell/figures.tsx";
import { isInstant, quantity, words } from "../shell/format.ts";
import { Go } from "../shell/go.tsx";
import { Icon } from "../shell/icons.tsx";
import { Heading, Page, Unknown } from "../shell/page.tsx";
import { Panel, Rows } from "../shell/panel.tsx";
import { inWords, quarter } from "../shell/periods.ts";
import { useSession } from "../shell/session.tsx";
import { now } from "../shell/situation.ts";
import { Spark } from "../shell/spark.tsx";
import { Nothing } from "../shell/states.tsx";
import { type Answer, at, heads, isFigure, isObject, listOf, lists, plain, said, shown, title } from "./answer.ts";
import { csv, reached } from "./csv.ts";
import { DRAWN } from "./charts.ts";
import { kindOf, meant, type Report, REPORTS, typed, type Values, valuesOf, variablesOf } from "./parameters.ts";

export default function Reports({ name }: { name?: string }) {
  const report = REPORTS.find((each) => each.name === name);
  if (report) return <Asked report={report} />;
  return name ? <Unknown what="Report" /> : <All />;
}

function All() {
  return (
    <Stack gap="lg">
      <Heading title="Reports">{quantity(REPORTS.length, "report")}</Heading>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
        {REPORTS.map((report) => (
          <Panel key={report.name} title={report.title}>
            <Text fz="sm" mb="sm">
              {report.sentence}
            </Text>
            <Go to={`/reports/${report.name}`} strong>
              View report<VisuallyHidden>: {report.title}</VisuallyHidden>
            </Go>
          </Panel>
        ))}
      </SimpleGrid>
    </Stack>
  );
}

const begun = <Of extends { scope: unknown }>(requests: Of[]) => [...requests].sort((one, other) => Number(!one.scope) - Number(!other.scope));

type Choices = Record<string, { value: string; label: string }[]>;

function Asked({ report }: { report: Report }) {
  const { organization } = useSession();
  const [search, setSearch] = useSearchParams();
  const [{ data }] = useQuery({ query: ChoicesDocument, variables: { organization: organization.id } });
  const choices: Choices = useMemo(
    () => ({
      organization: [{ value: organization.id, label: organization.name }],
      workspace: organization.workspaces.nodes.map(({ id, name }) => ({ value: id, label: name })),
      pod: data?.organization?.pods.nodes.map(({ id, name }) => ({ value: id, label: name })) ?? [],
      // The default is a request with a scope, which has more to report.
      request: begun(data?.outcomeRequests.nodes ?? []).map(({ id, title: label }) => ({ value: id, label })),
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
      <Heading title={report.title} aside={<Text className="no-print" fz="sm"><Go to="/reports">All reports</Go></Text>}>
        {report.sentence}
      </Heading>
      <Options report={report} values={values} choices={choices} change={change} />
      {ready && (
        <Page
          key={report.name}
          query={report.document as unknown as TypedDocumentNode<Answer, AnyVariables>}
          variables={variables}
          title={report.title}
        >
          {(answer) => <Shown report={report} answer={answer} told={toldOf(report, values, choices)} />}
        </Page>
      )}
      {!ready && data && <Nothing title="No data yet">This organization has no record for this report.</Nothing>}
    </Stack>
  );
}

interface Form {
  report: Report;
  values: Values;
  choices: Choices;
  change: (option: string, value: string) => void;
}

const RESOURCES = ["TALENT_HOURS", "COMPUTE", "STORAGE_GB", "AGENT_CREDITS", "INTELLIGENCE_UNITS"];
const QUARTERS = [-2, -1, 0, 1, 2, 3];

function Options({ report, values, choices, change }: Form) {
  return (
    <Group gap="xs" align="flex-end" className="no-print">
      {report.parameters.map(({ option }) => {
        const [kind, value, label] = [kindOf(report, option), values[option] ?? "", words(option.replaceAll("-", " "))];
        const data =
          kind === "choice"
            ? (choices[option] ?? [])
            : kind === "quarter"
              ? QUARTERS.map((later) => ({ value: quarter(now(), later), label: inWords(quarter(now(), later)) }))
              : kind === "resource"
                ? RESOURCES.map((each) => ({ value: each, label: words(each) }))
                : null;
        if (data)
          return <NativeSelect key={option} label={label} value={value} data={data} onChange={(event) => change(option, event.currentTarget.value)} />;
        const before = typed(kind, value);
        const changed = (text: string) => text !== before && change(option, meant(kind, text));
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

function download(report: Report, answer: Answer) {
  const rows = reached(answer, report.rows).filter(isObject);
  const file = new Blob([csv(rows, report.columns)], { type: "text/csv" });
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: `${report.name}.csv` });
  link.click();
  URL.revokeObjectURL(link.href);
}

/** The selected options as text; the only place where a printed report shows them. */
function toldOf(report: Report, values: Values, choices: Choices): string {
  const told = report.parameters.map(({ option }) => {
    const chosen = choices[option]?.find(({ value }) => value === values[option]);
    return chosen ? `${chosen.label}, ${chosen.value}` : `${words(option.replaceAll("-", " ")).toLowerCase()} ${said(values[option])}`;
  });
  return told.join(" · ");
}

function Shown({ report, answer, told }: { report: Report; answer: Answer; told: string }) {
  const rows = reached(answer, report.rows).filter(isObject);
  const root = Object.values(answer)[0];
  const facts = isObject(root) ? plain(root) : [];
  const others = isObject(answer) ? lists(answer).filter(([path, list]) => list.length > 0 && path !== report.rows.replace(/\.nodes$/, "")) : [];
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Text c="dimmed" fz="sm">
          {told}
        </Text>
        <Group gap="xs" className="no-print">
          <Button size="xs" variant="default" leftSection={<Icon of="download" size={14} />} onClick={() => download(report, answer)}>
            CSV
          </Button>
          <Button size="xs" variant="default" leftSection={<Icon of="print" size={14} />} onClick={() => window.print()}>
            Print
          </Button>
        </Group>
      </Group>
      <Panel title={report.title}>
        {rows.length === 0 ? (
          <Nothing title="No results">{report.name === "orphaned-allocations" ? "No capacity is allocated to an ended service line." : undefined}</Nothing>
        ) : (
          <Records label={report.title} rows={rows} columns={shown(report.columns)} whole />
        )}
      </Panel>
      <Chart report={report} answer={answer} />
      {facts.length > 1 && (
        <Panel title="Summary">
          <Facts facts={facts} />
        </Panel>
      )}
      {others.map(([path, list]) => (
        <Panel key={path} title={title(path.split(".").slice(1).join(".") || path)}>
          <Records label={title(path)} rows={list} columns={shown(columnsOf(list))} />
        </Panel>
      ))}
    </Stack>
  );
}

function columnsOf(rows: Answer[]): string[] {
  const columns = new Set<string>();
  for (const row of rows) {
    for (const [path] of plain(row)) columns.add(path);
    for (const [name, value] of Object.entries(row)) if (listOf(value)?.length) columns.add(name);
  }
  return [...columns];
}

/** The value of a cell: an amount with its currency, or a list. */
function cell(row: Answer, column: string): unknown {
  const value = at(row, column.replace(/\.amount$/, ""));
  return listOf(value) ?? value;
}

interface Listed {
  label: string;
  rows: Answer[];
  columns: string[];
  /** Show the nested lists of each record below it. */
  whole?: boolean;
}

const WORDY = 28; // characters from which a text column gets a minimum width

function Records({ label, rows, columns, whole = false }: Listed) {
  const figures = columns.map((column) => rows.every((row) => cell(row, column) == null || isFigure(cell(row, column))));
  const wordy = columns.map((column) => rows.some((row) => said(cell(row, column)).length > WORDY));
  return (
    <Rows label={label} dense={columns.length > 8} heads={heads(columns).map((head, index) => head + (figures[index] ? "#" : ""))}>
      {rows.map((row, index) => (
        <Fragment key={String(row.id ?? index)}>
          <Table.Tr>
            {columns.map((column, place) => (
              <Table.Td key={column} className={figures[place] ? "right figure" : undefined} miw={wordy[place] ? 150 : undefined}>
                <Said value={cell(row, column)} column={column} />
              </Table.Td>
            ))}
          </Table.Tr>
          {whole && <More of={row} span={columns.length} />}
        </Fragment>
      ))}
    </Rows>
  );
}

/** The nested lists of a record, in a row below it. */
function More({ of, span }: { of: Answer; span: number }) {
  const told = lists(of).filter(([path, list]) => list.length > 0 && path !== "availableActions");
  if (told.length === 0) return null;
  return (
    <Table.Tr className="more">
      <Table.Td colSpan={span}>
        {told.map(([path, list]) => (
          <Text key={path} fz="xs" component="div">
            <b>{title(path)}</b> <Said value={list} column={path} />
          </Text>
        ))}
      </Table.Td>
    </Table.Tr>
  );
}

/** Utilisation by week. */
function course(trend: Answer[]): (number | null)[] {
  return trend.map(({ utilisationPercent }) => (utilisationPercent == null ? null : Number(utilisationPercent)));
}

const STATUSES = /(^|\.)(status|severity|band|risk|responseSla)$/;

function Said({ value, column = "" }: { value: unknown; column?: string }) {
  if (typeof value === "string" && STATUSES.test(column)) return <Status of={value} label={column.endsWith("severity") ? value : undefined} />;
  if (isInstant(value)) return <Moment at={value} />;
  const trend = column.endsWith("trend") ? listOf(value) : null;
  if (trend) return <Spark values={course(trend)} floor={50} label={`Utilisation by week: ${course(trend).map(said).join(", ")}`} />;
  const text = said(value);
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
            <Said value={value} column={path} />
          </Text>
        </div>
      ))}
    </SimpleGrid>
  );
}

const FEW = 4; // bars up to which every label is shown, also on a phone
const NARROW = 290; // pixels available for labels on a phone

/** Axis labels that wrap to the width of their bar. */
const named = (bars: number) => ({
  interval: 0,
  height: 48,
  tick: { transform: "translate(0, 10)", fontSize: 10, fill: "currentColor", width: NARROW / bars },
});

function Chart({ report, answer }: { report: Report; answer: Answer }) {
  const drawn = DRAWN[report.name];
  const found = drawn?.rows.split(".").reduce((inner: unknown, name) => (Array.isArray(inner) ? inner[Number(name)] : isObject(inner) ? inner[name] : null), answer);
  const rows = listOf(found) ?? [];
  if (!drawn || rows.length < 1) return null;
  const label = (row: Answer) => said(at(row, drawn.label));
  const data = rows.map((row) => ({
    label: label(row).length > WORDY ? `${label(row).slice(0, WORDY)}…` : label(row),
    ...Object.fromEntries(drawn.series.map(([name, path]) => [name, Number(at(row, path) ?? 0)])),
  }));
  const latestFirst = drawn.label === "period" && String(rows[0]?.period) > String(rows.at(-1)?.period);
  return (
    <Panel title={drawn.series.map(([name]) => name).join(" and ")}>
      <Bars
        h={230}
        data={latestFirst ? data.reverse() : data}
        dataKey="label"
        unit={drawn.unit}
        withLegend={drawn.series.length > 1}
        maxBarWidth={48}
        xAxisProps={rows.length <= FEW ? named(rows.length) : undefined}
        series={drawn.series.map(([name], index) => ({ name, color: index ? "indigo.4" : "teal.6" }))}
        label={rows.map((row) => `${label(row)} ${drawn.series.map(([name, path]) => `${name} ${said(at(row, path))}`).join(", ")}`).join("; ")}
      />
    </Panel>
  );
}
