"""A pod: verdicts explained, clocks that run, and its scope compared between any two revisions."""

import pytest
from playwright.async_api import expect

from console.clicking import choose, do, fill, foresee
from console.conftest import Open, Served

pytestmark = pytest.mark.asyncio(loop_scope="session")

POD = "/pods/POD-26-000008"


async def test_each_verdict_says_why(open_page: Open) -> None:
    page = await open_page(POD)
    table = page.get_by_role("group", name="Service levels in Apr 2026")
    row = table.get_by_role("row", name="Quality gate")
    await expect(row).to_contain_text("76 of 80 % is 95.0 %, below the 100 % required: breached.")
    await page.get_by_label("Month").select_option("2026-03")
    await expect(page.get_by_role("group", name="Service levels in Mar 2026")).to_be_visible()


async def test_what_was_kept_is_drawn_against_its_target_with_each_months_verdict(open_page: Open) -> None:
    page = await open_page(POD)
    levels = page.get_by_role("region", name="Service levels")
    await expect(levels.get_by_text("Quality gate: Sept 2025 80 of 80, Oct 2025 78 of 80")).to_have_count(1)
    march = levels.get_by_role("button", name="Quality gate, Mar 2026")
    await march.focus()
    await expect(page.get_by_role("tooltip")).to_contain_text("Mar 2026: 81 of 80 %")
    await march.press("Enter")
    await expect(page.get_by_role("group", name="Service levels in Mar 2026")).to_be_visible()


async def test_every_line_of_a_chart_says_what_it_stands_for(open_page: Open) -> None:
    page = await open_page(POD)
    chart = page.get_by_role("region", name="Service levels").locator("figure").first
    lines = chart.locator(".recharts-yAxis-tick-labels text")
    await expect(lines).to_have_text(["96 %", "97 %", "98 %", "99 %", "100 %"])


async def test_a_pod_that_has_not_begun_says_so(open_page: Open) -> None:
    page = await open_page("/pods/POD-26-000011")
    for panel in ("Cost and use", "Renewal"):
        await expect(page.get_by_role("region", name=panel, exact=True)).to_contain_text("Not started")
    await expect(page.get_by_role("region", name="Team")).to_contain_text("Nobody yet")
    await expect(page.get_by_role("button", name="Create ticket")).to_have_count(0)


async def test_a_pod_that_has_ended_is_not_to_be_renewed(open_page: Open) -> None:
    page = await open_page("/pods/POD-26-000013")
    renewal = page.get_by_role("region", name="Renewal")
    await expect(renewal.get_by_role("row", name="Ended")).to_contain_text("2 Dec 2025")
    await expect(page.get_by_role("region", name="Team")).to_contain_text("Nobody any more")


async def test_any_two_revisions_of_the_scope_are_compared(open_page: Open) -> None:
    page = await open_page(POD)
    scope = page.get_by_role("region", name="Scope")
    await expect(scope).to_contain_text("was: Webhook delivery with retries")
    await scope.get_by_label("What changed from").select_option("Revision 1")
    await expect(scope.get_by_role("listitem").filter(has_text="Settlement export")).to_have_count(2)
    await scope.get_by_label("What changed from").select_option("Revision 4")
    await expect(scope).to_contain_text("No difference.")


async def test_the_scope_is_revised_from_what_it_is(open_page: Open, own_demo: Served) -> None:
    page = await open_page(POD)
    dialog = await choose(page, "POD-26-000008", "Revise pod scope")
    last = dialog.get_by_role("group", name="Items 5", exact=True)
    await expect(last.get_by_label("Title")).to_have_value("Payouts in batches")
    await last.get_by_role("button", name="Remove this").click()
    await fill(dialog, Change_note="Payouts wait for the third quarter.")
    await foresee(dialog)
    await do(dialog, "Revise pod scope")
    scope = page.get_by_role("region", name="Scope")
    await expect(scope).to_contain_text("Payouts wait for the third quarter.")
    await expect(scope.get_by_role("listitem").filter(has_text="removed")).to_contain_text("Payouts")


async def test_a_ticket_that_is_asked_shows_its_running_clock(open_page: Open, own_demo: Served) -> None:
    page = await open_page(POD)
    await page.get_by_role("button", name="Create ticket").click()
    dialog = page.get_by_role("dialog", name="Create ticket")
    await fill(dialog, Type="PRIORITY_ITEM", Title="Checkout is slow", Description="Since this morning.")
    await foresee(dialog)
    await do(dialog, "Create ticket")
    row = page.get_by_role("row").filter(has_text="Checkout is slow")
    await expect(row).to_contain_text("left")
