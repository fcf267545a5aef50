"""The event log: live updates, filters, and no gaps after a lost connection."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Request, expect

from console.clicking import act, open_action, preview
from console.conftest import ConsoleServer, Open, Watch
from podgraph.auth.tokens import Tokens
from podgraph.kernel.roles import Role
from podgraph.settings import DEMO_SECRET

pytestmark = pytest.mark.asyncio(loop_scope="session")

HIDDEN = """hidden => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
"""Simulates a hidden tab, since tabs of a headless browser are always visible."""


def connection(page: Page) -> Locator:
    """The connection status in the header."""
    return page.get_by_role("banner").get_by_role("status")


async def numbers(page: Page) -> list[int]:
    """The sequence numbers in the log."""
    cells = page.get_by_role("group", name="Events").locator("tbody td:first-child")
    await expect(cells).to_have_count(25)
    return [int(each) for each in await cells.all_inner_texts()]


def follows(request: Request) -> bool:
    return "subscription Live(" in (request.post_data or "")


def after(request: Request) -> int:
    """The sequence number after which a page subscribes."""
    asked: Any = request.post_data_json
    return int(asked["variables"]["after"])


def token(role: Role) -> str:
    """A token with this role."""
    return Tokens(DEMO_SECRET).issue("USR-26-000044", ["ORG-26-090500"], [role])


async def sign_in(page: Page, secret: str) -> None:
    await page.get_by_label("Bearer token").fill(secret)
    await page.get_by_role("button", name="Sign in").click()


async def ask(page: Page, document: str) -> Any:
    """The response to a query of the owner."""
    headers = {"Authorization": f"Bearer {token(Role.ORG_OWNER)}"}
    answer = await page.request.post("/graphql", data={"query": document}, headers=headers)
    return (await answer.json())["data"]


async def test_change_in_another_window_shows_changed_fields(open_page: Open, own_demo: ConsoleServer) -> None:
    log, other = await open_page("/events"), await open_page("/pods/POD-26-000008")
    row = log.get_by_role("row").filter(has_text="Pod paused")
    await expect(connection(log)).to_contain_text("Live")
    before = await numbers(log)

    await act(other, "POD-26-000008", "Pause pod", Reason="Release freeze until June.")

    await expect(row.first).to_contain_text("Active → Paused")
    assert (await numbers(log))[0] > before[0]
    await expect(log.get_by_text("no gaps")).to_be_visible()


async def test_tooltip_shows_exact_time(open_page: Open, own_demo: ConsoleServer) -> None:
    page = await open_page("/outcomes")
    dialog = await open_action(page, "DLV-26-000087", "Accept deliverable")
    shown = await preview(dialog)
    time = shown.get_by_role("listitem").locator("time").first
    await expect(time).to_have_text(re.compile(r"^14 May 2026, 18:\d\d:\d\d$"))
    await time.hover()
    exact = page.get_by_role("tooltip").filter(has_text="UTC")
    await expect(exact).to_have_text(re.compile(r"^2026-05-14 16:\d\d:\d\d\.\d+ UTC$"))


async def test_log_is_filtered_by_type_and_record(open_page: Open) -> None:
    page = await open_page("/events")
    await page.get_by_label("Type").select_option("Ticket")
    await expect(page.get_by_role("row").filter(has_text=re.compile("Ticket ")).first).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text=re.compile("Payment (due|paid|scheduled)"))).to_have_count(0)
    await page.get_by_role("button", name="Clear filters").click()
    await page.get_by_label("Record", exact=True).fill("POD-26-000008")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("row").filter(has_text="POD-26-000008").first).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text=re.compile("TKT-"))).to_have_count(0)


async def test_lost_connection_recovers_without_gap(open_page: Open, own_demo: ConsoleServer, watch: Watch) -> None:
    watch.allow("net::ERR_", "Failed to fetch")
    page = await open_page("/events")
    await expect(connection(page)).to_contain_text("Live")
    before = await numbers(page)

    own_demo.stop()
    await expect(connection(page)).to_contain_text("Connection lost")
    assert await numbers(page) == before
    own_demo.start()

    await expect(connection(page)).to_contain_text("Live")
    other = await open_page("/pods/POD-26-000008")
    await act(other, "POD-26-000008", "Pause pod", Reason="Release freeze until June.")
    await expect(page.get_by_role("row").filter(has_text="Pod paused").first).to_contain_text("Paused")
    await expect(page.get_by_text("no gaps")).to_be_visible()


async def test_silent_connection_is_reopened(open_page: Open) -> None:
    page = await open_page("/")
    await page.clock.install()
    await page.goto("/events")
    await expect(connection(page)).to_contain_text("Live")
    last = (await numbers(page))[0]
    async with page.expect_request(follows) as again:
        await page.clock.fast_forward(41_000)
    assert after(await again.value) == last
    await expect(connection(page)).to_contain_text("Live")


async def test_hidden_page_pauses_its_subscription(open_page: Open, own_demo: ConsoleServer) -> None:
    page, other = await open_page("/events"), await open_page("/pods/POD-26-000008")
    await expect(connection(page)).to_contain_text("Live")
    last = (await numbers(page))[0]
    async with page.expect_event("requestfailed", follows):
        await page.evaluate(HIDDEN, True)
    await act(other, "POD-26-000008", "Pause pod", Reason="Release freeze until June.")
    async with page.expect_request(follows) as again:
        await page.evaluate(HIDDEN, False)
    assert after(await again.value) == last
    await expect(page.get_by_role("row").filter(has_text="Pod paused").first).to_be_visible()


async def test_revoked_token_leads_to_sign_in(open_page: Open, production: ConsoleServer, watch: Watch) -> None:
    watch.allow("401")
    page = await open_page("/")
    created = await ask(
        page,
        """mutation { createToken(input: { organizationId: "ORG-26-090500", name: "Wall", roles: [MEMBER] }) {
            secret token { id }
        } }""",
    )
    await sign_in(page, created["createToken"]["secret"])
    await expect(connection(page)).to_contain_text("Live")
    revoked = f'revokeToken(input: {{ tokenId: "{created["createToken"]["token"]["id"]}" }})'
    await ask(page, f"mutation {{ {revoked} {{ token {{ status }} }} }}")
    await expect(page.get_by_label("Bearer token")).to_be_visible()


async def test_viewer_has_no_live_updates(open_page: Open, production: ConsoleServer) -> None:
    page = await open_page("/")
    await sign_in(page, token(Role.ORG_VIEWER))
    await expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    await expect(connection(page)).to_contain_text("Live updates unavailable")
