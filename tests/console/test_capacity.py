"""Capacity: demand and supply, and changing an allocation."""

import pytest
from playwright.async_api import expect

from console.clicking import confirm, fill, open_action, preview
from console.conftest import ConsoleServer, Open
from console.test_shell import serious_faults

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_demand_chart_and_table_show_requesters(open_page: Open) -> None:
    page = await open_page("/capacity?workspace=WS-26-000021#demand")
    demand = page.get_by_role("region", name="Demand and supply")
    await expect(demand).to_be_in_viewport(ratio=0.5)
    for series in ("Committed", "Requested", "Supply"):
        await expect(demand.locator(".recharts-legend-wrapper").get_by_text(series)).to_be_visible()
    row = demand.get_by_role("row").filter(has_text="Q3 2026")
    await expect(row.get_by_role("link", name="Checkout Reliability Pod")).to_be_visible()


async def test_preview_shows_warning_before_the_change(open_page: Open, own_demo: ConsoleServer) -> None:
    page = await open_page("/capacity")
    dialog = await open_action(page, "ALLOC-26-000441", "Update allocation")
    await fill(dialog, Committed_per_week="32", Reason="Reduced scope for Q3.")
    shown = await preview(dialog)
    warning = shown.get_by_role("alert").first
    await expect(warning).to_contain_text("32 per week is less than the 38.5")
    await expect(warning).to_be_in_viewport()
    assert await serious_faults(page) == []
    row = page.get_by_role("row").filter(has_text="ALLOC-26-000441")
    await expect(row).not_to_contain_text("Reduced scope")

    await confirm(dialog, "Update allocation")
    await expect(row).to_contain_text("32 per week from 1 Jun 2026: Reduced scope for Q3.")
