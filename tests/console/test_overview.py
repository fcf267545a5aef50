"""The overview: each figure leads to its place, and what waits for a decision to where it is taken."""

import pytest
from playwright.async_api import expect

from console.conftest import Open

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_figure_links_to_its_place(open_page: Open) -> None:
    page = await open_page("/")
    for link, place in {
        "74,400 USD": "#pods",
        "5": "#decisions",
        "7,750 USD": "#overdue",
        "230": "/capacity#demand",
        "97.2 %": "/pods/POD-26-000008#levels",
        "89": "/pods/POD-26-000008#use",
        "38,000 USD": "/pods/POD-26-000008#use",
        "1 Sept 2026": "/pods/POD-26-000008#renewal",
        "190": "/capacity?workspace=WS-26-000022#demand",
        "525,296 USD in six months": "/reports/organization-spend",
        "7,750.00 USD outstanding": "/reports/organization-spend",
    }.items():
        await expect(page.get_by_role("link", name=link, exact=True)).to_have_attribute("href", place)


async def test_a_figure_leads_to_its_part_of_the_page(open_page: Open) -> None:
    page = await open_page("/")
    await page.get_by_role("link", name="1 Sept 2026").click()
    await expect(page.get_by_role("region", name="Renewal")).to_be_in_viewport(ratio=1)


async def test_a_decision_leads_to_where_it_is_taken(open_page: Open) -> None:
    page = await open_page("/")
    await page.get_by_role("link", name="Alerting on differences").click()
    await expect(page.get_by_role("button", name="Actions on DLV-26-000087")).to_be_visible()
