// The examples of the playground: one per workflow of the reference documents, one per report.
import { REPORTS, type Report, valuesOf, variablesOf } from "../reports/parameters.ts";
import { now } from "../shell/situation.ts";

export interface Example {
  title: string;
  sentence: string;
  query: string;
  variables: string;
}

const files = import.meta.glob<string>("./examples/*.graphql", { query: "?raw", import: "default", eager: true });
const written = (variables: unknown) => JSON.stringify(variables, null, 2);

/** The first lines of an example are its title, its sentence and its variables. */
function read(text: string): Example {
  const [title, sentence, variables, ...query] = text.split("\n");
  const said = (line = "") => line.replace(/^# /, "");
  return { title: said(title), sentence: said(sentence), query: query.join("\n"), variables: written(JSON.parse(said(variables))) };
}

const DEMO = { pod: "POD-26-000008", workspace: "WS-26-000021", organization: "ORG-26-090500", request: "OREQ-26-000041" };

function ofReport(report: Report): Example {
  const { title, sentence, document } = report;
  return { title, sentence, query: document, variables: written(variablesOf(report, valuesOf(report, DEMO, now()))) };
}

export const WORKFLOWS: Example[] = Object.values(files).map(read);
export const REPORTED = () => REPORTS.map(ofReport);
