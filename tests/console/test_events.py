"""The log of events: live, filtered, and whole whatever becomes of the connection."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from console.clicking import act
from console.conftest import Open, Served, Watch

pytestmark = pytest.mark.asyncio(loop_scope="session")


def connection(page: Page) -> Locator:
    """What the page says of its connection."""
    return page.get_by_role("banner").get_by_role("status")


async def numbers(page: Page) -> list[int]:
    """The sequence numbers that the log shows."""
    cells = page.get_by_role("group", name="Events").locator("tbody td:first-child")
    await expect(cells).to_have_count(25)
    return [int(each) for each in await cells.all_inner_texts()]


async def test_what_happens_elsewhere_shows_with_the_fields_that_it_changed(
    open_page: Open, own_demo: Served
) -> None:
    log, other = await open_page("/events"), await open_page("/pods/POD-26-000008")
    row = log.get_by_role("row").filter(has_text="pod.paused")
    await expect(connection(log)).to_contain_text("Live")
    before = await numbers(log)

    await act(other, "POD-26-000008", "Pause pod", Reason="Release freeze until June.")

    await expect(row.first).to_contain_text("ACTIVE → PAUSED")
    assert (await numbers(log))[0] > before[0]
    await expect(log.get_by_text("none missing")).to_be_visible()


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


async def test_a_lost_connection_shows_and_heals_without_a_gap(
    open_page: Open, own_demo: Served, watch: Watch
) -> None:
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
    await expect(page.get_by_role("row").filter(has_text="pod.paused").first).to_contain_text("PAUSED")
    await expect(page.get_by_text("none missing")).to_be_visible()
