"""The overview: links from figures and pending decisions to their details."""

import pytest
from playwright.async_api import expect

from console.conftest import Open

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_figure_has_a_link(open_page: Open) -> None:
    page = await open_page("/")
    for link, place in {
        "74,400 USD": "#pods",
        "5": "#decisions",
        "7,750 USD": "#overdue",
        "230": "/capacity#demand",
        "97.2%": "/pods/POD-26-000008#levels",
        "89": "/pods/POD-26-000008#use",
        "38,000 USD": "/pods/POD-26-000008#use",
        "1 Sept 2026": "/pods/POD-26-000008#renewal",
        "190": "/capacity?workspace=WS-26-000022#demand",
        "525,296 USD over 6 months": "/reports/organization-spend",
        "7,750.00 USD outstanding": "/reports/organization-spend",
    }.items():
        await expect(page.get_by_role("link", name=link, exact=True)).to_have_attribute("href", place)


async def test_figure_link_scrolls_to_its_section(open_page: Open) -> None:
    page = await open_page("/")
    await page.get_by_role("link", name="1 Sept 2026").click()
    await expect(page.get_by_role("region", name="Renewal")).to_be_in_viewport(ratio=1)


async def test_pending_decision_links_to_its_actions(open_page: Open) -> None:
    page = await open_page("/")
    await page.get_by_role("link", name="Alerting on differences").click()
    await expect(page.get_by_role("button", name="Actions on DLV-26-000087")).to_be_visible()
