"""Actions: what can be done, what it would do, and what it did."""

import pytest
from playwright.async_api import expect

from console.clicking import choose
from console.conftest import Open, Served

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_can_not_be_done_says_why(open_page: Open) -> None:
    page = await open_page("/pods/POD-26-000008")
    await page.get_by_role("button", name="Actions on POD-26-000008").click()
    blocked = page.get_by_role("menuitem", name="Resume pod")
    await expect(blocked).to_be_disabled()
    await expect(blocked).to_contain_text("It is ACTIVE already.")


async def test_a_dialog_shows_what_would_happen_before_it_does(open_page: Open, own_demo: Served) -> None:
    page = await open_page("/pods/POD-26-000008")
    dialog = await choose(page, "POD-26-000008", "Pause pod")
    await dialog.get_by_label("Reason").fill("Release freeze until June.")
    await dialog.get_by_role("button", name="Show what would happen").click()
    await expect(dialog.get_by_role("listitem").filter(has_text="pod.paused")).to_contain_text("POD-26-000008")
    await dialog.get_by_role("button", name="Leave it").click()
    await page.reload()
    await expect(page.get_by_role("main").get_by_text("Active", exact=True).first).to_be_visible()


async def test_what_was_done_shows_at_once(open_page: Open, own_demo: Served) -> None:
    page = await open_page("/pods/POD-26-000008")
    dialog = await choose(page, "POD-26-000008", "Pause pod")
    await dialog.get_by_label("Reason").fill("Release freeze until June.")
    await dialog.get_by_role("button", name="Show what would happen").click()
    await dialog.get_by_role("button", name="Pause pod").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("main").get_by_text("Paused", exact=True).first).to_be_visible()


async def test_a_refusal_stands_at_the_field_that_it_concerns(open_page: Open, own_demo: Served) -> None:
    page = await open_page("/pods/POD-26-000008")
    dialog = await choose(page, "POD-26-000008", "Pause pod")
    await dialog.get_by_label("Reason").fill("x" * 2001)
    await dialog.get_by_role("button", name="Show what would happen").click()
    await expect(dialog.get_by_label("Reason")).to_have_attribute("aria-invalid", "true")
    await expect(dialog).to_contain_text("2,000")


async def test_a_dialog_is_opened_used_and_left_by_keyboard(open_page: Open) -> None:
    page = await open_page("/pods/POD-26-000008")
    await page.get_by_role("button", name="Actions on POD-26-000008").press("Enter")
    await page.get_by_role("menuitem", name="Pause pod").press("Enter")
    dialog = page.get_by_role("dialog", name="Pause pod")
    await dialog.get_by_label("Reason").press_sequentially("Release freeze.")
    await page.keyboard.press("Tab")
    await expect(dialog.get_by_role("button", name="Leave it")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("status")).to_contain_text("The line pauses", ignore_case=True)
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
