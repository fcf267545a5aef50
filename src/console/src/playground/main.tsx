import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
const explorer = explorerPlugin();
createRoot(document.getElementById("root")!).render(<GraphiQL plugins={[explorer]} fetcher={async (p) => (await fetch("/graphql", {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(p)})).json()} />);
