import "@mantine/core/styles.css";
import "@mantine/charts/styles.css";
import { MantineProvider, AppShell, Table, Modal, Select, Tooltip, Badge, Menu } from "@mantine/core";
import { AreaChart } from "@mantine/charts";
import { createRoot } from "react-dom/client";
import { Provider, useQuery, Client, cacheExchange, fetchExchange } from "urql";
import { OverviewDocument } from "#asked/overview";
import { Router } from "wouter";
const client = new Client({ url: "/graphql", exchanges: [cacheExchange, fetchExchange] });
function P() { const [{ data }] = useQuery({ query: OverviewDocument, variables: { organization: "ORG-26-090500" } }); return <pre>{JSON.stringify(data)}</pre>; }
createRoot(document.getElementById("root")!).render(<Provider value={client}><MantineProvider><Router><AppShell><Table/><Modal opened={false} onClose={()=>{}}/><Select/><Tooltip label="x"><Badge>1</Badge></Tooltip><Menu/><AreaChart h={10} data={[]} dataKey="x" series={[]}/><P/></AppShell></Router></MantineProvider></Provider>);
