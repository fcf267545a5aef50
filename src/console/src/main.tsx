import "@mantine/core/styles.css";
import "./shell/console.css";
import { MantineProvider } from "@mantine/core";
import { lazy, StrictMode, Suspense, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { Provider } from "urql";
import { Route, Switch, useLocation } from "wouter";
import { Overview } from "./overview/overview.tsx";
import { createGraphQLClient } from "./shell/client.ts";
import { Connection } from "./shell/live.tsx";
import { SessionProvider } from "./shell/session.tsx";
import { Shell } from "./shell/shell.tsx";
import { SignIn } from "./shell/signin.tsx";
import { type Config, loadConfig, redeemLink, tabStorage, tokenOf } from "./shell/config.ts";
import { EmptyState, ErrorBoundary, Loading } from "./shell/states.tsx";
import { THEME } from "./shell/theme.ts";

const Pod = lazy(() => import("./pod/pod.tsx"));
const Outcomes = lazy(() => import("./outcomes/outcomes.tsx"));
const Outcome = lazy(() => import("./outcomes/outcome.tsx"));
const Capacity = lazy(() => import("./capacity/capacity.tsx"));
const Reports = lazy(() => import("./reports/reports.tsx"));
const Events = lazy(() => import("./events/events.tsx"));

function Console({ config, linkError }: { config: Config; linkError?: string }) {
  const [authError, setAuthError] = useState(linkError);
  const [path] = useLocation();
  const token = tokenOf(config);
  const client = useMemo(() => createGraphQLClient(token ?? "", setAuthError), [token]);
  if (!token || authError) {
    tabStorage.signOut();
    return <SignIn error={authError} />;
  }
  return (
    <Provider value={client}>
      <SessionProvider config={config}>
        <Shell connection={<Connection token={token} />}>
          <ErrorBoundary key={path}>
            <Suspense fallback={<Loading />}>
              <Switch>
                <Route path="/" component={Overview} />
                <Route path="/pods/:id">{({ id }) => <Pod id={id} key={id} />}</Route>
                <Route path="/outcomes" component={Outcomes} />
                <Route path="/outcomes/:id">{({ id }) => <Outcome id={id} key={id} />}</Route>
                <Route path="/capacity" component={Capacity} />
                <Route path="/reports/:name?">{({ name }) => <Reports name={name} key={name} />}</Route>
                <Route path="/events" component={Events} />
                <Route>
                  <EmptyState title="Page not found">Choose a page from the navigation.</EmptyState>
                </Route>
              </Switch>
            </Suspense>
          </ErrorBoundary>
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
Promise.all([loadConfig(), redeemLink()]).then(
  ([config, linkError]) => root.render(<Frame><Console config={config} linkError={linkError} /></Frame>),
  () => root.render(<Frame><EmptyState title="Cannot reach the server">Reload this page to try again.</EmptyState></Frame>),
);
