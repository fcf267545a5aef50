"""All pages: accessibility, layout, security, sign-in, navigation and lost connections."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from console.conftest import HERE, ConsoleServer, Open, Watch
from podgraph.access.login_links import create_link
from podgraph.auth.tokens import Tokens
from podgraph.database.connections import dispose
from podgraph.database.engine import create_engine
from podgraph.kernel.clock import system_clock
from podgraph.kernel.roles import Role
from podgraph.settings import DEMO_SECRET
from podgraph.writes.standalone import write_as
from podgraph.writes.transaction import PLATFORM, WriteTransaction

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = {
    "/": "Overview",
    "/pods/POD-26-000008": "Payments Platform Pod",
    "/outcomes": "Outcomes",
    "/outcomes/OREQ-26-000042": "Ledger reconciliation audit",
    "/capacity": "Capacity",
    "/reports": "Reports",
    "/reports/monthly-sla-review?pod=POD-26-000008": "Monthly SLA review",
    "/events": "Events",
    "/playground": "Playground",
}


GRAPHIQL_FAULTS = {"nested-interactive": "graphiql-tab", "color-contrast": "mtk8"}
"""Faults of GraphiQL, by axe rule and CSS class.

Its tabs are focusable and contain a focusable button; comments in its dark editor have low contrast.
"""


async def drawn(page: Page, heading: str) -> None:
    await expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    await expect(page.get_by_role("status", name="Loading")).to_have_count(0)


def axe() -> str:
    return (HERE / "node_modules" / "axe-core" / "axe.min.js").read_text()


async def serious_faults(page: Page) -> list[str]:
    """Serious and critical faults that axe-core finds, with their elements."""
    await page.evaluate(axe())
    found: dict[str, Any] = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{fault['id']} at {node['target']}: {node['failureSummary'][:200]}"
        for fault in found["violations"]
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
        if GRAPHIQL_FAULTS.get(fault["id"], "no class") not in node["html"].partition(">")[0]
    ]


@pytest.mark.parametrize(("path", "heading"), PAGES.items())
async def test_page_has_no_serious_accessibility_fault(open_page: Open, path: str, heading: str) -> None:
    page = await open_page(path)
    await drawn(page, heading)
    assert await serious_faults(page) == []
    await page.emulate_media(color_scheme="dark")
    await expect(page.locator(".monaco-editor.vs")).to_have_count(0)
    assert await serious_faults(page) == []


async def test_every_page_fits_a_phone(open_page: Open) -> None:
    page = await open_page("/", width=390)
    for path, heading in PAGES.items():
        await page.goto(path)
        await drawn(page, heading)
        assert await page.evaluate("document.documentElement.scrollWidth") == 390, path
        cells = "[...document.querySelectorAll('td')].filter(it => it.scrollWidth > it.clientWidth)"
        assert await page.evaluate(f"{cells}.map(it => it.textContent)") == [], path


async def test_header_fits_a_phone(open_page: Open) -> None:
    page = await open_page("/", part="operator", width=390)
    await drawn(page, "Overview")
    for name in ("Main navigation", "Switch to dark mode", "switch user"):
        await expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    await expect(page.get_by_label("Organization")).to_be_in_viewport(ratio=1)


async def test_inline_scripts_are_blocked(browser: Browser, demo: ConsoleServer) -> None:
    # An unwatched page, since the violation is logged to its console.
    page = await browser.new_page(base_url=demo.address)
    await page.goto("/")
    await drawn(page, "Overview")
    violated = await page.evaluate("""async () => {
        const violated = new Promise((resolve) =>
            addEventListener("securitypolicyviolation", (breach) => resolve(breach.effectiveDirective)));
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
        return [await violated, window.ran ?? null];
    }""")
    await page.close()
    assert violated == ["script-src-elem", None]


async def test_first_page_loads_at_most_250_kilobytes_of_script(open_page: Open) -> None:
    page = await open_page("/")
    await drawn(page, "Overview")
    await expect(page.get_by_role("img", name="Accrued by month")).to_be_visible()
    scripts = await page.evaluate("""performance.getEntriesByType("resource")
        .filter(({ name }) => name.endsWith(".js"))
        .map(({ name, encodedBodySize }) => [name, encodedBodySize])""")
    assert sum(size for _, size in scripts) <= 250_000
    assert not [name for name, _ in scripts if "monaco" in name or "playground" in name]


async def test_navigation_works_by_keyboard(open_page: Open) -> None:
    page = await open_page("/")
    await drawn(page, "Overview")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    await page.get_by_role("link", name="Outcomes").focus()
    await page.keyboard.press("Enter")
    await drawn(page, "Outcomes")


async def test_time_is_local_with_utc_in_tooltip(open_page: Open) -> None:
    page = await open_page("/pods/POD-26-000008")
    time = page.get_by_role("table").locator("time").filter(has_text="14 May 2026, 16:50")
    await time.hover()
    await expect(page.get_by_role("tooltip")).to_have_text("2026-05-14 14:50 UTC")


async def test_other_client_sees_only_their_organization(open_page: Open) -> None:
    page = await open_page("/", part="stranger")
    await drawn(page, "Overview")
    await expect(page.get_by_role("main")).to_contain_text("Northwind Logistics GmbH")
    await page.goto("/pods/POD-26-000008")
    await expect(page.get_by_text("Pod not found")).to_be_visible()


async def test_operator_can_switch_organization(open_page: Open) -> None:
    page = await open_page("/", part="operator")
    await page.get_by_label("Organization").select_option("Northwind Logistics GmbH")
    await expect(page.get_by_role("main")).to_contain_text("Northwind Logistics GmbH")


async def test_token_is_kept_for_the_tab(open_page: Open, production: ConsoleServer, watch: Watch) -> None:
    watch.allow("401")
    page = await open_page("/", scheme="dark")
    await page.get_by_label("Bearer token").fill("not a token")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_label("Bearer token")).to_have_accessible_description(re.compile("token"))
    assert await serious_faults(page) == []

    token = Tokens(DEMO_SECRET).issue("USR-26-000044", ["ORG-26-090500"], [Role.ORG_OWNER])
    await page.get_by_label("Bearer token").fill(token)
    await page.get_by_role("button", name="Sign in").click()
    await drawn(page, "Overview")
    await page.reload()
    await drawn(page, "Overview")
    other = await open_page("/")
    await expect(other.get_by_label("Bearer token")).to_be_visible()


async def test_sign_in_link_is_used_once(open_page: Open, production: ConsoleServer, watch: Watch) -> None:
    watch.allow("401")
    engine = create_engine(production.settings.database_url)

    async def create(write: WriteTransaction) -> str:
        return await create_link(write, "USR-26-000044", "")

    link = await write_as(PLATFORM, engine, system_clock(), create, seconds=10)
    await dispose(engine)
    page = await open_page(link)
    await drawn(page, "Overview")
    assert page.url == f"{production.address}/"
    other = await open_page(link)
    error = "The link is unknown, expired or already used; request a new one."
    await expect(other.get_by_label("Bearer token")).to_have_accessible_description(error)


async def test_loading_page_has_status(open_page: Open) -> None:
    page = await open_page("/events")
    await drawn(page, "Events")
    answered = asyncio.Event()

    async def later(route: Route) -> None:
        await answered.wait()
        await route.continue_()

    await page.route("**/graphql", later)
    await page.get_by_role("link", name="Overview").click()
    await expect(page.get_by_role("status", name="Loading")).to_be_visible()
    answered.set()
    await drawn(page, "Overview")
    await page.unroute_all(behavior="wait")


async def test_page_loads_when_the_server_returns(open_page: Open, own_demo: ConsoleServer, watch: Watch) -> None:
    watch.allow("net::ERR_", "Failed to fetch", "dynamically imported module")
    page = await open_page("/events")
    await drawn(page, "Events")
    own_demo.stop()
    await page.get_by_role("link", name="Outcomes").click()
    await expect(page.get_by_role("alert")).to_contain_text("This page could not be loaded")
    await page.get_by_role("link", name="Overview").click()
    await expect(page.get_by_role("alert")).to_contain_text("Cannot reach the server")
    assert await serious_faults(page) == []
    own_demo.start()
    await drawn(page, "Overview")


async def test_figures_are_aligned(open_page: Open) -> None:
    page = await open_page("/")
    figure = page.get_by_role("cell", name="38,000 USD")
    assert await figure.evaluate("it => getComputedStyle(it).fontVariantNumeric") == "tabular-nums"
    assert await figure.evaluate("it => getComputedStyle(it).textAlign") == "right"


async def test_demo_user_can_be_switched(open_page: Open) -> None:
    page = await open_page("/")
    await page.get_by_role("button", name="switch user").click()
    await page.get_by_role("menuitem", name="Ingrid Solberg, operator").click()
    await expect(page.get_by_role("button", name="switch user")).to_contain_text("Ingrid Solberg")


async def test_page_query_opens_in_the_playground(open_page: Open) -> None:
    page = await open_page("/capacity")
    await page.get_by_role("link", name="View query").click()
    await expect(page.get_by_role("heading", name="Playground", level=1)).to_be_visible()
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("query Capacity(")
    await expect(page.locator(".graphiql-editor-tool")).to_contain_text("WS-26-000021")


@pytest.mark.parametrize("path", ["/", "/playground"])
async def test_documentation_is_linked(open_page: Open, path: str) -> None:
    page = await open_page(path)
    await page.get_by_role("link", name="Documentation").click()
    await expect(page.get_by_role("heading", name="Podgraph documentation", level=1)).to_be_visible()
    await page.get_by_role("link", name="Configuration").click()
    await expect(page.get_by_text("PODGRAPH_DATABASE_URL")).to_be_visible()
