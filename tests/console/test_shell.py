"""Every page: drawn, quiet, at home on this server alone, and open to everybody who uses it."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from console.conftest import HERE, Open, Served, Watch
from podgraph.auth.tokens import Tokens
from podgraph.kernel.roles import Role
from podgraph.settings import DEMO_SECRET

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


THEIR_OWN = {"nested-interactive": "graphiql-tab", "color-contrast": "mtk8"}
"""What can not be mended here, by axe's rule and the class of the element.

A tab of GraphiQL is focusable, and so is the button that it holds; its dark editor's comments are pale.
"""


async def drawn(page: Page, heading: str) -> None:
    await expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    await expect(page.get_by_role("status", name="Loading")).to_have_count(0)


def axe() -> str:
    return (HERE / "node_modules" / "axe-core" / "axe.min.js").read_text()


async def serious_faults(page: Page) -> list[str]:
    """What axe-core calls serious or critical, with the place that it was found at."""
    await page.evaluate(axe())
    found: dict[str, Any] = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{fault['id']} at {node['target']}: {node['failureSummary'][:200]}"
        for fault in found["violations"]
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
        if THEIR_OWN.get(fault["id"], "no class") not in node["html"].partition(">")[0]
    ]


@pytest.mark.parametrize(("path", "heading"), PAGES.items())
async def test_a_page_has_no_serious_fault_of_access(open_page: Open, path: str, heading: str) -> None:
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


async def test_on_a_phone_the_head_has_room_for_everything(open_page: Open) -> None:
    page = await open_page("/", part="operator", width=390)
    await drawn(page, "Overview")
    for name in ("Places", "Dark colours", "be somebody else"):
        await expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    await expect(page.get_by_label("Organization")).to_be_in_viewport(ratio=1)


async def test_nothing_runs_but_what_the_server_sent(browser: Browser, demo: Served) -> None:
    # Not a page that is watched: it says in its console what it did not run.
    page = await browser.new_page(base_url=demo.address)
    await page.goto("/")
    await drawn(page, "Overview")
    violated = await page.evaluate("""async () => {
        const violated = new Promise((told) =>
            addEventListener("securitypolicyviolation", (breach) => told(breach.effectiveDirective)));
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
        return [await violated, window.ran ?? null];
    }""")
    await page.close()
    assert violated == ["script-src-elem", None]


async def test_the_first_page_takes_at_most_250_kilobytes_of_script(open_page: Open) -> None:
    page = await open_page("/")
    await drawn(page, "Overview")
    await expect(page.get_by_role("img", name="Accrued by month")).to_be_visible()
    scripts = await page.evaluate("""performance.getEntriesByType("resource")
        .filter(({ name }) => name.endsWith(".js"))
        .map(({ name, encodedBodySize }) => [name, encodedBodySize])""")
    assert sum(size for _, size in scripts) <= 250_000
    assert not [name for name, _ in scripts if "monaco" in name or "playground" in name]


async def test_every_place_is_reached_by_keyboard(open_page: Open) -> None:
    page = await open_page("/")
    await drawn(page, "Overview")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    await page.get_by_role("link", name="Outcomes").focus()
    await page.keyboard.press("Enter")
    await drawn(page, "Outcomes")


async def test_a_time_is_the_readers_own_with_utc_beside_it(open_page: Open) -> None:
    page = await open_page("/pods/POD-26-000008")
    time = page.get_by_role("table").locator("time").filter(has_text="14 May 2026, 16:50")
    await time.hover()
    await expect(page.get_by_role("tooltip")).to_have_text("2026-05-14 14:50 UTC")


async def test_a_stranger_sees_their_own_organization_only(open_page: Open) -> None:
    page = await open_page("/", part="stranger")
    await drawn(page, "Overview")
    await expect(page.get_by_role("main")).to_contain_text("Northwind Logistics GmbH")
    await page.goto("/pods/POD-26-000008")
    await expect(page.get_by_text("No such pod")).to_be_visible()


async def test_an_operator_chooses_among_organizations(open_page: Open) -> None:
    page = await open_page("/", part="operator")
    await page.get_by_label("Organization").select_option("Northwind Logistics GmbH")
    await expect(page.get_by_role("main")).to_contain_text("Northwind Logistics GmbH")


async def test_outside_the_demo_a_token_is_pasted_once_for_the_tab(
    open_page: Open, production: Served, watch: Watch
) -> None:
    watch.forgive("401")
    page = await open_page("/", scheme="dark")
    await page.get_by_label("Bearer token").fill("not a token")
    await page.get_by_role("button", name="Open the console").click()
    await expect(page.get_by_label("Bearer token")).to_have_accessible_description(re.compile("token"))
    assert await serious_faults(page) == []

    token = Tokens(DEMO_SECRET).issue("USR-26-000044", ["ORG-26-090500"], [Role.ORG_OWNER])
    await page.get_by_label("Bearer token").fill(token)
    await page.get_by_role("button", name="Open the console").click()
    await drawn(page, "Overview")
    await page.reload()
    await drawn(page, "Overview")
    other = await open_page("/")
    await expect(other.get_by_label("Bearer token")).to_be_visible()


async def test_a_page_that_waits_says_so(open_page: Open) -> None:
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


async def test_what_was_asked_while_the_server_was_away_comes_when_it_is_back(
    open_page: Open, own_demo: Served, watch: Watch
) -> None:
    watch.forgive("net::ERR_", "Failed to fetch", "dynamically imported module")
    page = await open_page("/events")
    await drawn(page, "Events")
    own_demo.stop()
    await page.get_by_role("link", name="Outcomes").click()
    await expect(page.get_by_role("alert")).to_contain_text("This page could not be loaded")
    await page.get_by_role("link", name="Overview").click()
    await expect(page.get_by_role("alert")).to_contain_text("The server can not be reached")
    assert await serious_faults(page) == []
    own_demo.start()
    await drawn(page, "Overview")


async def test_figures_stand_below_each_other(open_page: Open) -> None:
    page = await open_page("/")
    figure = page.get_by_role("cell", name="38,000 USD")
    assert await figure.evaluate("it => getComputedStyle(it).fontVariantNumeric") == "tabular-nums"
    assert await figure.evaluate("it => getComputedStyle(it).textAlign") == "right"


async def test_one_becomes_somebody_else_in_the_demo(open_page: Open) -> None:
    page = await open_page("/")
    await page.get_by_role("button", name="be somebody else").click()
    await page.get_by_role("menuitem", name="Ingrid Solberg, operator").click()
    await expect(page.get_by_role("button", name="be somebody else")).to_contain_text("Ingrid Solberg")


async def test_the_query_behind_a_page_opens_in_the_playground(open_page: Open) -> None:
    page = await open_page("/capacity")
    await page.get_by_role("link", name="the query behind this page").click()
    await expect(page.get_by_role("heading", name="Playground", level=1)).to_be_visible()
    await expect(page.locator(".graphiql-query-editor")).to_contain_text("query Capacity(")
    await expect(page.locator(".graphiql-editor-tool")).to_contain_text("WS-26-000021")
