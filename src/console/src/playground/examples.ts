// Examples of the playground: one per workflow and one per report.
import { type Report, REPORTS, valuesOf, variablesOf } from "../reports/parameters.ts";
import { now } from "../shell/config.ts";

export interface Example {
  about: string;
  title: string;
  sentence: string;
  query: string;
  variables: string;
}

const files = import.meta.glob<string>("./examples/*.graphql", { query: "?raw", import: "default", eager: true });
const toJson = (variables: unknown) => JSON.stringify(variables, null, 2);
const capital = (sentence: string) => sentence.charAt(0).toUpperCase() + sentence.slice(1);

/** The first three lines of an example: its title, its group with a description, and its variables. */
function parseExample(text: string): Example {
  const [title, heading, variables, ...query] = text.split("\n").map((line, index) => (index < 3 ? line.replace(/^# /, "") : line));
  const [, about = "", part = "", sentence = ""] = /^([^:,]+)(?:, (as \w+))?: (.*)$/.exec(heading ?? "") ?? [];
  return {
    about,
    title: title ?? "",
    sentence: capital(part ? `${part}: ${sentence}` : sentence),
    query: query.join("\n"),
    variables: toJson(JSON.parse(variables ?? "{}")),
  };
}

const DEMO = { pod: "POD-26-000008", workspace: "WS-26-000021", organization: "ORG-26-090500", request: "OREQ-26-000041" };

function reportExample(report: Report): Example {
  const { title, sentence, document } = report;
  const variables = toJson(variablesOf(report, valuesOf(report, DEMO, now())));
  return { about: "Reports", title, sentence, query: document, variables };
}

const ORDER = ["Managed services", "ODS", "Capacity", "Reports", "General"];

/** Examples by group. */
export function examples(): [string, Example[]][] {
  const all = [...Object.values(files).map(parseExample), ...REPORTS.map(reportExample)];
  return ORDER.map((about) => [about, all.filter((example) => example.about === about)]);
}
