"""The overview: each figure leads to its place, and what waits for a decision to where it is taken."""

import pytest
from playwright.async_api import expect

from console.conftest import Open

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_figure_links_to_its_place(open_page: Open) -> None:
    page = await open_page("/")
    for link, place in {
        "5 pods": "#pods",
        "2 to accept": "#decisions",
        "1 of them": "#overdue",
        "hours a week": "/capacity",
        "Payments Platform Pod": "/pods/POD-26-000008",
        "525,296 USD in six months": "/reports/organization-spend",
    }.items():
        await expect(page.get_by_role("link", name=link).first).to_have_attribute("href", place)


async def test_a_decision_leads_to_where_it_is_taken(open_page: Open) -> None:
    page = await open_page("/")
    await page.get_by_role("link", name="Alerting on differences").click()
    await expect(page.get_by_role("button", name="Actions on DLV-26-000087")).to_be_visible()
