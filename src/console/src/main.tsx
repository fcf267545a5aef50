import "@mantine/core/styles.css";
import "./shell/console.css";
import { MantineProvider } from "@mantine/core";
import { lazy, StrictMode, Suspense, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { Provider } from "urql";
import { Route, Switch, useLocation } from "wouter";
import { Overview } from "./overview/overview.tsx";
import { clientWith } from "./shell/graph.ts";
import { Connection } from "./shell/live.tsx";
import { SessionProvider } from "./shell/session.tsx";
import { Shell } from "./shell/shell.tsx";
import { SignIn } from "./shell/signin.tsx";
import { kept, type Situation, situation, tokenOf } from "./shell/situation.ts";
import { Caught, Nothing, Waiting } from "./shell/states.tsx";
import { THEME } from "./shell/theme.ts";

const Pod = lazy(() => import("./pod/pod.tsx"));
const Outcomes = lazy(() => import("./outcomes/outcomes.tsx"));
const Outcome = lazy(() => import("./outcomes/outcome.tsx"));
const Capacity = lazy(() => import("./capacity/capacity.tsx"));
const Reports = lazy(() => import("./reports/reports.tsx"));
const Events = lazy(() => import("./events/events.tsx"));

function Console({ told }: { told: Situation }) {
  const [refused, setRefused] = useState<string>();
  const [path] = useLocation();
  const token = tokenOf(told);
  const client = useMemo(() => clientWith(token ?? "", setRefused), [token]);
  if (!token || refused) {
    kept.signOut();
    return <SignIn refused={refused} />;
  }
  return (
    <Provider value={client}>
      <SessionProvider situation={told}>
        <Shell connection={<Connection token={token} />}>
          <Caught key={path}>
            <Suspense fallback={<Waiting />}>
              <Switch>
                <Route path="/" component={Overview} />
                <Route path="/pods/:id">{({ id }) => <Pod id={id} key={id} />}</Route>
                <Route path="/outcomes" component={Outcomes} />
                <Route path="/outcomes/:id">{({ id }) => <Outcome id={id} key={id} />}</Route>
                <Route path="/capacity" component={Capacity} />
                <Route path="/reports/:name?">{({ name }) => <Reports name={name} key={name} />}</Route>
                <Route path="/events" component={Events} />
                <Route>
                  <Nothing title="Page not found">Choose a page from the navigation.</Nothing>
                </Route>
              </Switch>
            </Suspense>
          </Caught>
        </Shell>
      </SessionProvider>
    </Provider>
  );
}

function Frame({ children }: { children: React.ReactNode }) {
  return (
    <StrictMode>
      <MantineProvider theme={THEME} defaultColorScheme="auto">
        {children}
      </MantineProvider>
    </StrictMode>
  );
}

const root = createRoot(document.getElementById("root")!);
situation().then(
  (told) => root.render(<Frame><Console told={told} /></Frame>),
  () => root.render(<Frame><Nothing title="Cannot reach the server">Reload this page to try again.</Nothing></Frame>),
);
