// The playground: GraphiQL with examples, a user switch, shareable links and the cost of each request.
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./playground.css";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { type GraphiQLPlugin, ToolbarButton, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import { StrictMode, useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { decimal, quantity } from "../shell/format.ts";
import { Icon } from "../shell/icons.tsx";
import { kept, type Situation, situation, tokenOf } from "../shell/situation.ts";
import { type Example, examples } from "./examples.ts";
import { fetcherWith } from "./fetcher.ts";
import { useMeasure } from "./measure.ts";

const WELCOME = `# Ctrl-Space: completion
# Ctrl-Enter: run the operation
{
  viewer {
    user { name }
    roles
    organizations { nodes { id name } }
  }
}
`;

function Examples() {
  const listed = useMemo(examples, []);
  return (
    <div className="examples">
      <div className="graphiql-doc-explorer-title">Examples</div>
      {listed.map(([about, all]) => (
        <Listed key={about} title={about} examples={all} />
      ))}
    </div>
  );
}

function Listed({ title, examples: all }: { title: string; examples: Example[] }) {
  const { addTab } = useGraphiQLActions();
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  // An example opens in an editor, and the editors load later.
  if (!query || !variables) return null;
  const open = (example: Example) => {
    if (query.getValue().trim() && query.getValue() !== WELCOME) addTab();
    query.setValue(example.query);
    variables.setValue(example.variables);
  };
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul>
        {all.map((example) => (
          <li key={example.title}>
            <button type="button" onClick={() => open(example)}>
              <strong>{example.title}</strong>
              <span>{example.sentence}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

const EXAMPLES: GraphiQLPlugin = { title: "Examples", icon: () => <Icon of="reports" size={22} />, content: Examples };
const EXPLORER = explorerPlugin();

function Share() {
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const [shared, setShared] = useState(false);
  const share = async () => {
    const state = new URLSearchParams({ query: query?.getValue() ?? "", variables: variables?.getValue() ?? "" });
    history.replaceState(null, "", `#${state}`);
    await navigator.clipboard?.writeText(location.href).catch(() => undefined);
    setShared(true);
    setTimeout(() => setShared(false), 2000);
  };
  return (
    <ToolbarButton label={shared ? "Link copied" : "Copy link to this query"} onClick={share}>
      <Icon of={shared ? "check" : "link"} size={20} />
    </ToolbarButton>
  );
}

/** Keep the editor's colours in step with the system's colour scheme. */
function useScheme() {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setTheme(theme);
    dark.addEventListener("change", follow);
    return () => dark.removeEventListener("change", follow);
  }, [theme, setTheme]);
}

function Took() {
  useScheme();
  const measure = useMeasure();
  if (!measure) return null;
  const { answer, milliseconds, statements, cost } = measure;
  const parts = [
    answer !== undefined && `event ${decimal(answer)}`,
    cost !== undefined && `cost: ${quantity(cost, "point")}`,
    statements !== undefined && quantity(statements, "SQL statement"),
    `${answer === undefined ? "" : "after "}${decimal(milliseconds, 0)} ms`,
  ];
  return (
    <div className="took" role="status">
      {parts.filter(Boolean).join(" · ")}
    </div>
  );
}

function Bar({ told }: { told: Situation }) {
  const [token, setToken] = useState(kept.token() ?? "");
  const people = told.people;
  return (
    <header className="bar">
      <a href="/">Podgraph</a>
      <h1>Playground</h1>
      <a href="/docs">Documentation</a>
      {people.length > 0 ? (
        <label>
          View as
          <select
            value={people.find(({ part }) => part === kept.part())?.part ?? people[0]?.part}
            onChange={(event) => {
              kept.become(event.currentTarget.value);
              location.reload();
            }}
          >
            {people.map(({ part, name }) => (
              <option key={part} value={part}>
                {part}, {name}
              </option>
            ))}
          </select>
        </label>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            kept.signIn(token.trim());
            location.reload();
          }}
        >
          <label>
            Token
            <input type="password" autoComplete="off" value={token} onChange={(event) => setToken(event.currentTarget.value)} />
          </label>
          <button type="submit">Use token</button>
        </form>
      )}
    </header>
  );
}

function Playground({ told }: { told: Situation }) {
  const fetcher = useMemo(() => fetcherWith(tokenOf(told)), [told]);
  const given = new URLSearchParams(location.hash.slice(1));
  return (
    <>
      <Bar told={told} />
      <main>
        <GraphiQL
          fetcher={fetcher}
          plugins={[EXAMPLES, EXPLORER]}
          visiblePlugin={matchMedia("(min-width: 800px)").matches ? EXAMPLES : undefined}
          defaultQuery={WELCOME}
          initialQuery={given.get("query") ?? undefined}
          initialVariables={given.get("variables") ?? undefined}
          isHeadersEditorEnabled
          shouldPersistHeaders={false}
          defaultEditorToolsVisibility="variables"
        >
          <GraphiQL.Logo>
            <span />
          </GraphiQL.Logo>
          <GraphiQL.Toolbar>
            {({ prettify, merge, copy }) => (
              <>
                {prettify}
                {merge}
                {copy}
                <Share />
              </>
            )}
          </GraphiQL.Toolbar>
          <GraphiQL.Footer>
            <Took />
          </GraphiQL.Footer>
        </GraphiQL>
      </main>
    </>
  );
}

const root = createRoot(document.getElementById("root")!);
situation().then(
  (told) =>
    root.render(
      <StrictMode>
        <Playground told={told} />
      </StrictMode>,
    ),
  () => root.render(<p>Cannot reach the server. Reload this page to try again.</p>),
);
