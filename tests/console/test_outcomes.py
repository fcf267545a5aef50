"""Outcomes: the reference engagement in the browser, a rejection, and the history."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from console.clicking import act, confirm, fill, open_action, preview, switch_user
from console.conftest import ConsoleServer, Open

pytestmark = pytest.mark.asyncio(loop_scope="session")

TITLE = "Payment webhook reliability, once more"
CRITERIA = """Webhook handler passes load test at 2x peak throughput with <0.1% failure rate
Unit test coverage of the handler reaches >90%
Change is deployed to production and monitored for 48 hours"""
PROMISES = {
    "Root cause analysis and fix": "Failure rate <0.1% in staging load test.",
    "Test suite": "Coverage report showing >90% with all tests passing.",
    "Production deployment and monitoring": "48-hour monitoring report in production.",
}


def lane(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name="Board").get_by_role("region", name=name)


def article(page: Page, title: str) -> Locator:
    return page.get_by_role("article", name=title, exact=True)


async def submit_request(page: Page) -> None:
    await page.get_by_role("button", name="Submit outcome request").click()
    dialog = page.get_by_role("dialog", name="Submit outcome request")
    await fill(
        dialog,
        Workspace="Platform Engineering",
        Subscription="SUB-26-001122",
        Title=TITLE,
        Description="Our payment webhook handler has a 2% failure rate under load.",
        Desired_outcome="Production webhook failure rate below 0.1% under 2x normal load.",
        Acceptance_criteria=CRITERIA,
        **{"Maximum duration (weeks)": "3", "Maximum budget": "18000.00"},
        Currency="USD",
    )
    await dialog.get_by_label("Payments Platform Rebuild").check()
    assert "Request submitted" in await (await preview(dialog)).inner_text()
    await confirm(dialog, "Submit outcome request")


async def propose(page: Page, request: str) -> None:
    dialog = await open_action(page, request, "Propose scope")
    cycle = dialog.get_by_role("group", name="Cycle 1", exact=True)
    await fill(cycle, Name="Cycle 1", Planned_start="2026-05-18", Weeks="3")
    for number, (title, criterion) in enumerate(PROMISES.items(), 1):
        if number > 1:
            await cycle.get_by_role("button", name="Add deliverable").click()
        deliverable = cycle.get_by_role("group", name=f"Deliverable {number}", exact=True)
        await fill(deliverable, Title=title, Description=title, Acceptance_criteria=criterion)
    pool = dialog.get_by_label("Capacity pool")
    await pool.select_option(await pool.locator("option", has_text="CAP-26-000120").inner_text())
    await fill(dialog, Fixed_price="15500.00", Committed_per_week="40")
    await preview(dialog)
    await confirm(dialog, "Propose scope")


async def submit_deliverable(page: Page, title: str) -> None:
    of = article(page, title)
    identity = await identity_of(of, "DLV")
    await act(page, identity, "Start deliverable")
    await expect(of).to_contain_text("In progress")
    dialog = await open_action(page, identity, "Submit deliverable")
    await dialog.get_by_role("button", name="Add evidence").click()
    await fill(dialog, Label="Report", URL="https://evidence.example.com/1", Criterion_key="AC-1")
    await preview(dialog)
    await confirm(dialog, "Submit deliverable")


async def identity_of(place: Page | Locator, prefix: str) -> str:
    """The id of the first record with this prefix that has actions."""
    button = place.get_by_role("button", name=re.compile(f"Actions on {prefix}-")).first
    return (await button.get_attribute("aria-label") or "").removeprefix("Actions on ")


async def test_reference_engagement_in_two_windows(open_page: Open, own_demo: ConsoleServer) -> None:
    client, partner = await open_page("/outcomes"), await open_page("/outcomes", part="operator")

    await submit_request(client)
    await lane(partner, "Scoping").get_by_role("link", name=TITLE).click()
    await propose(partner, await identity_of(partner, "OREQ"))

    await lane(client, "Pending confirmation").get_by_role("link", name=TITLE).click()
    dialog = await open_action(client, await identity_of(client, "OSCOPE"), "Confirm scope")
    sentence = "The service line starts and 7,750.00 USD is due on 21 May 2026."
    await expect(await preview(dialog)).to_contain_text(sentence, ignore_case=True)
    await confirm(dialog, "Confirm scope")

    await expect(partner.get_by_role("main")).to_contain_text("Confirmed by Amara Okafor")
    await switch_user(partner, "Thabo Nkosi")
    await act(partner, await identity_of(partner, "OCYCLE"), "Start cycle")
    for title in PROMISES:
        await submit_deliverable(partner, title)

    for title in PROMISES:
        await expect(article(client, title)).to_contain_text("Ready for acceptance")
        dialog = await open_action(client, await identity_of(article(client, title), "DLV"), "Accept deliverable")
        shown = await preview(dialog)
        if title == [*PROMISES][-1]:
            sentence = "The service line closes and 7,750.00 USD is due on 21 May 2026."
            await expect(shown).to_contain_text(sentence, ignore_case=True)
        await confirm(dialog, "Accept deliverable")
        await expect(article(partner, title)).to_contain_text("Accepted")
    await expect(partner.get_by_role("main")).to_contain_text("3 of 3")

    await switch_user(partner, "Ingrid Solberg")
    for part in ("50% upfront on scope confirmation", "50% on final acceptance"):
        payment = partner.get_by_role("row").filter(has_text=part)
        await act(partner, await identity_of(payment, "PAY"), "Record payment", Reference="APX-20260521-1")
        await expect(client.get_by_role("row").filter(has_text=part)).to_contain_text("Paid")


async def test_rejection_names_unmet_criteria(open_page: Open, own_demo: ConsoleServer) -> None:
    page = await open_page("/outcomes")
    dialog = await open_action(page, "DLV-26-000087", "Reject deliverable")
    await dialog.get_by_label("Rejection reason").fill("Too slow.")
    await dialog.get_by_label("A seeded difference raises an alert").check()
    await dialog.get_by_role("button", name="Preview changes").click()
    await expect(dialog.get_by_label("Rejection reason")).to_have_attribute("aria-invalid", "true")

    await dialog.get_by_label("Rejection reason").fill("The alert came after 19 minutes, not within 15.")
    await expect(await preview(dialog)).to_contain_text("Cycle remediation created")
    await confirm(dialog, "Reject deliverable")

    await page.get_by_role("link", name="Ledger reconciliation audit").first.click()
    await expect(article(page, "Alerting on differences")).to_contain_text("not met: AC-1. The alert came")
    await expect(page.get_by_role("main")).to_contain_text("Remediation")


async def test_history_includes_related_records(open_page: Open) -> None:
    page = await open_page("/outcomes/OREQ-26-000042")
    history = page.get_by_role("region", name="History").get_by_role("listitem")
    await expect(history.first).to_contain_text("Cycle in review: Remediation of Cycle 2")
    for part in ("Payment paid: 50% upfront", "Deliverable rejected: Alerting on differences"):
        await expect(history.filter(has_text=part)).to_have_count(1)
