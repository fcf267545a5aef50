// Examples of the playground: one per workflow and one per report.
import { REPORTS, type Report, valuesOf, variablesOf } from "../reports/parameters.ts";
import { now } from "../shell/situation.ts";

export interface Example {
  about: string;
  title: string;
  sentence: string;
  query: string;
  variables: string;
}

const files = import.meta.glob<string>("./examples/*.graphql", { query: "?raw", import: "default", eager: true });
const written = (variables: unknown) => JSON.stringify(variables, null, 2);
const capital = (sentence: string) => sentence.charAt(0).toUpperCase() + sentence.slice(1);

/** The first three lines of an example: its title, its group with a description, and its variables. */
function read(text: string): Example {
  const [title, said, variables, ...query] = text.split("\n").map((line, index) => (index < 3 ? line.replace(/^# /, "") : line));
  const [, about = "", part = "", sentence = ""] = /^([^:,]+)(?:, (as \w+))?: (.*)$/.exec(said ?? "") ?? [];
  return {
    about,
    title: title ?? "",
    sentence: capital(part ? `${part}: ${sentence}` : sentence),
    query: query.join("\n"),
    variables: written(JSON.parse(variables ?? "{}")),
  };
}

const DEMO = { pod: "POD-26-000008", workspace: "WS-26-000021", organization: "ORG-26-090500", request: "OREQ-26-000041" };

function ofReport(report: Report): Example {
  const { title, sentence, document } = report;
  const variables = written(variablesOf(report, valuesOf(report, DEMO, now())));
  return { about: "Reports", title, sentence, query: document, variables };
}

const ORDER = ["Managed services", "ODS", "Capacity", "Reports", "General"];

/** Examples by group. */
export function examples(): [string, Example[]][] {
  const all = [...Object.values(files).map(read), ...REPORTS.map(ofReport)];
  return ORDER.map((about) => [about, all.filter((example) => example.about === about)]);
}
