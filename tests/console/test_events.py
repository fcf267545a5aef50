"""The log of events: live, filtered, and whole whatever becomes of the connection."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Request, expect

from console.clicking import act, choose, foresee
from console.conftest import Open, Served, Watch
from podgraph.auth.tokens import Tokens
from podgraph.kernel.roles import Role
from podgraph.settings import DEMO_SECRET

pytestmark = pytest.mark.asyncio(loop_scope="session")

HIDDEN = """hidden => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
"""Where a browser has no window, none of its tabs is ever hidden: this one says that it is."""


def connection(page: Page) -> Locator:
    """What the page says of its connection."""
    return page.get_by_role("banner").get_by_role("status")


async def numbers(page: Page) -> list[int]:
    """The sequence numbers that the log shows."""
    cells = page.get_by_role("group", name="Events").locator("tbody td:first-child")
    await expect(cells).to_have_count(25)
    return [int(each) for each in await cells.all_inner_texts()]


def follows(request: Request) -> bool:
    return "subscription Live(" in (request.post_data or "")


def after(request: Request) -> int:
    """The sequence after which a page is told."""
    asked: Any = request.post_data_json
    return int(asked["variables"]["after"])


def token(role: Role) -> str:
    """A token of somebody with this role."""
    return Tokens(DEMO_SECRET).issue("USR-26-000044", ["ORG-26-090500"], [role])


async def sign_in(page: Page, secret: str) -> None:
    await page.get_by_label("Bearer token").fill(secret)
    await page.get_by_role("button", name="Open the console").click()


async def ask(page: Page, document: str) -> Any:
    """What the server answers to the owner."""
    headers = {"Authorization": f"Bearer {token(Role.ORG_OWNER)}"}
    answer = await page.request.post("/graphql", data={"query": document}, headers=headers)
    return (await answer.json())["data"]


async def test_what_happens_elsewhere_shows_with_the_fields_that_it_changed(open_page: Open, own_demo: Served) -> None:
    log, other = await open_page("/events"), await open_page("/pods/POD-26-000008")
    row = log.get_by_role("row").filter(has_text="pod.paused")
    await expect(connection(log)).to_contain_text("Live")
    before = await numbers(log)

    await act(other, "POD-26-000008", "Pause pod", Reason="Release freeze until June.")

    await expect(row.first).to_contain_text("Active → Paused")
    assert (await numbers(log))[0] > before[0]
    await expect(log.get_by_text("none missing")).to_be_visible()


async def test_a_time_is_shown_to_the_second_and_told_exactly(open_page: Open, own_demo: Served) -> None:
    page = await open_page("/outcomes")
    dialog = await choose(page, "DLV-26-000087", "Accept deliverable")
    foreseen = await foresee(dialog)
    time = foreseen.get_by_role("listitem").locator("time").first
    await expect(time).to_have_text(re.compile(r"^14 May 2026, 18:\d\d:\d\d$"))
    await time.hover()
    exact = page.get_by_role("tooltip").filter(has_text="UTC")
    await expect(exact).to_have_text(re.compile(r"^2026-05-14 16:\d\d:\d\d\.\d+ UTC$"))


async def test_the_log_is_chosen_from_by_kind_and_by_record(open_page: Open) -> None:
    page = await open_page("/events")
    await page.get_by_label("About").select_option("Ticket")
    await expect(page.get_by_role("row").filter(has_text="ticket.").first).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text="payment.")).to_have_count(0)
    await page.get_by_role("button", name="Show everything").click()
    await page.get_by_label("Of the record").fill("POD-26-000008")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("row").filter(has_text="POD-26-000008").first).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text=re.compile("TKT-"))).to_have_count(0)


async def test_a_lost_connection_shows_and_heals_without_a_gap(open_page: Open, own_demo: Served, watch: Watch) -> None:
    watch.forgive("net::ERR_", "Failed to fetch")
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
    await expect(page.get_by_role("row").filter(has_text="pod.paused").first).to_contain_text("Paused")
    await expect(page.get_by_text("none missing")).to_be_visible()


async def test_a_connection_that_falls_silent_is_made_again(open_page: Open) -> None:
    page = await open_page("/")
    await page.clock.install()
    await page.goto("/events")
    await expect(connection(page)).to_contain_text("Live")
    last = (await numbers(page))[0]
    async with page.expect_request(follows) as again:
        await page.clock.fast_forward(41_000)
    assert after(await again.value) == last
    await expect(connection(page)).to_contain_text("Live")


async def test_a_page_that_nobody_sees_follows_nothing_until_somebody_does(open_page: Open, own_demo: Served) -> None:
    page, other = await open_page("/events"), await open_page("/pods/POD-26-000008")
    await expect(connection(page)).to_contain_text("Live")
    last = (await numbers(page))[0]
    async with page.expect_event("requestfailed", follows):
        await page.evaluate(HIDDEN, True)
    await act(other, "POD-26-000008", "Pause pod", Reason="Release freeze until June.")
    async with page.expect_request(follows) as again:
        await page.evaluate(HIDDEN, False)
    assert after(await again.value) == last
    await expect(page.get_by_role("row").filter(has_text="pod.paused").first).to_be_visible()


async def test_a_token_that_is_revoked_while_a_page_is_open_is_asked_for_again(
    open_page: Open, production: Served, watch: Watch
) -> None:
    watch.forgive("401")
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


async def test_who_may_not_hear_of_the_work_is_told_that_the_page_is_not_live(
    open_page: Open, production: Served
) -> None:
    page = await open_page("/")
    await sign_in(page, token(Role.ORG_VIEWER))
    await expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    await expect(connection(page)).to_contain_text("Not live")
