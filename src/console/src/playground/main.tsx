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
import { type Config, loadConfig, tabStorage, tokenOf } from "../shell/config.ts";
import { type Example, examples } from "./examples.ts";
import { createFetcher } from "./fetcher.ts";
import { useStats } from "./stats.ts";

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
        <ExampleGroup key={about} title={about} examples={all} />
      ))}
    </div>
  );
}

function ExampleGroup({ title, examples: all }: { title: string; examples: Example[] }) {
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
function useSystemTheme() {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setTheme(theme);
    dark.addEventListener("change", follow);
    return () => dark.removeEventListener("change", follow);
  }, [theme, setTheme]);
}

function StatsBar() {
  useSystemTheme();
  const stats = useStats();
  if (!stats) return null;
  const { event, milliseconds, statements, cost } = stats;
  const parts = [
    event !== undefined && `event ${decimal(event)}`,
    cost !== undefined && `cost: ${quantity(cost, "point")}`,
    statements !== undefined && quantity(statements, "SQL statement"),
    `${event === undefined ? "" : "after "}${decimal(milliseconds, 0)} ms`,
  ];
  return (
    <div className="stats" role="status">
      {parts.filter(Boolean).join(" · ")}
    </div>
  );
}

function Header({ config }: { config: Config }) {
  const [token, setToken] = useState(tabStorage.token() ?? "");
  const people = config.people;
  return (
    <header className="bar">
      <a href="/">Podgraph</a>
      <h1>Playground</h1>
      <a href="/docs">Documentation</a>
      {people.length > 0 ? (
        <label>
          User
          <select
            value={people.find(({ part }) => part === tabStorage.part())?.part ?? people[0]?.part}
            onChange={(event) => {
              tabStorage.setPart(event.currentTarget.value);
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
            tabStorage.signIn(token.trim());
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

function Playground({ config }: { config: Config }) {
  const fetcher = useMemo(() => createFetcher(tokenOf(config)), [config]);
  const parameters = new URLSearchParams(location.hash.slice(1));
  return (
    <>
      <Header config={config} />
      <main>
        <GraphiQL
          fetcher={fetcher}
          plugins={[EXAMPLES, EXPLORER]}
          visiblePlugin={matchMedia("(min-width: 800px)").matches ? EXAMPLES : undefined}
          defaultQuery={WELCOME}
          initialQuery={parameters.get("query") ?? undefined}
          initialVariables={parameters.get("variables") ?? undefined}
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
            <StatsBar />
          </GraphiQL.Footer>
        </GraphiQL>
      </main>
    </>
  );
}

const root = createRoot(document.getElementById("root")!);
loadConfig().then(
  (config) =>
    root.render(
      <StrictMode>
        <Playground config={config} />
      </StrictMode>,
    ),
  () => root.render(<p>Cannot reach the server. Reload this page to try again.</p>),
);
