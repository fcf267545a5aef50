"""The pod page: SLA results, tickets, team, renewal and scope revisions."""

import pytest
from playwright.async_api import expect

from console.clicking import confirm, fill, open_action, preview
from console.conftest import ConsoleServer, Open

pytestmark = pytest.mark.asyncio(loop_scope="session")

POD = "/pods/POD-26-000008"


async def test_sla_result_has_explanation(open_page: Open) -> None:
    page = await open_page(POD)
    table = page.get_by_role("group", name="Service levels in Apr 2026")
    row = table.get_by_role("row", name="Quality gate")
    await expect(row).to_contain_text("76 of 80 % is 95.0 %, below the 100 % required: breached.")
    await page.get_by_label("Month").select_option("2026-03")
    await expect(page.get_by_role("group", name="Service levels in Mar 2026")).to_be_visible()


async def test_metric_chart_shows_target_and_monthly_results(open_page: Open) -> None:
    page = await open_page(POD)
    levels = page.get_by_role("region", name="Service levels")
    await expect(levels.get_by_text("Quality gate: Sept 2025 80 of 80, Oct 2025 78 of 80")).to_have_count(1)
    march = levels.get_by_role("button", name="Quality gate, Mar 2026")
    await march.focus()
    await expect(page.get_by_role("tooltip")).to_contain_text("Mar 2026: 81 of 80 %")
    await march.press("Enter")
    await expect(page.get_by_role("group", name="Service levels in Mar 2026")).to_be_visible()


async def test_chart_axis_has_units(open_page: Open) -> None:
    page = await open_page(POD)
    chart = page.get_by_role("region", name="Service levels").locator("figure").first
    lines = chart.locator(".recharts-yAxis-tick-labels text")
    await expect(lines).to_have_text(["96%", "97%", "98%", "99%", "100%"])


async def test_unconfirmed_pod_is_not_started(open_page: Open) -> None:
    page = await open_page("/pods/POD-26-000011")
    for panel in ("Cost and usage", "Renewal"):
        await expect(page.get_by_role("region", name=panel, exact=True)).to_contain_text("Not started")
    await expect(page.get_by_role("region", name="Team")).to_contain_text("No team yet")
    await expect(page.get_by_role("button", name="Create ticket")).to_have_count(0)


async def test_ended_pod_shows_end_date(open_page: Open) -> None:
    page = await open_page("/pods/POD-26-000013")
    renewal = page.get_by_role("region", name="Renewal")
    await expect(renewal.get_by_role("row", name="Ended")).to_contain_text("2 Dec 2025")
    await expect(page.get_by_role("region", name="Team")).to_contain_text("No active team members")


async def test_scope_revisions_can_be_compared(open_page: Open) -> None:
    page = await open_page(POD)
    scope = page.get_by_role("region", name="Scope")
    await expect(scope).to_contain_text("Previously: Webhook delivery with retries")
    await scope.get_by_label("Compare").select_option("Revision 1")
    await expect(scope.get_by_role("listitem").filter(has_text="Settlement export")).to_have_count(2)
    await scope.get_by_label("Compare").select_option("Revision 4")
    await expect(scope).to_contain_text("No changes.")


async def test_scope_form_starts_from_latest_revision(open_page: Open, own_demo: ConsoleServer) -> None:
    page = await open_page(POD)
    dialog = await open_action(page, "POD-26-000008", "Revise pod scope")
    last = dialog.get_by_role("group", name="Item 5", exact=True)
    await expect(last.get_by_label("Title")).to_have_value("Payouts in batches")
    await last.get_by_role("button", name="Remove").click()
    await fill(dialog, Change_note="Payouts wait for the third quarter.")
    await preview(dialog)
    await confirm(dialog, "Revise pod scope")
    scope = page.get_by_role("region", name="Scope")
    await expect(scope).to_contain_text("Payouts wait for the third quarter.")
    await expect(scope.get_by_role("listitem").filter(has_text="Removed")).to_contain_text("Payouts")


async def test_new_ticket_shows_time_until_response_is_due(open_page: Open, own_demo: ConsoleServer) -> None:
    page = await open_page(POD)
    await page.get_by_role("button", name="Create ticket").click()
    dialog = page.get_by_role("dialog", name="Create ticket")
    await fill(dialog, Type="PRIORITY_ITEM", Title="Checkout is slow", Description="Since this morning.")
    await preview(dialog)
    await confirm(dialog, "Create ticket")
    row = page.get_by_role("row").filter(has_text="Checkout is slow")
    await expect(row).to_contain_text("left")
