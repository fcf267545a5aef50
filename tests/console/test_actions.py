"""Actions: enabled and disabled ones, previews, results and errors."""

import pytest
from playwright.async_api import expect

from console.clicking import open_action
from console.conftest import ConsoleServer, Open

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_disabled_action_shows_reason(open_page: Open) -> None:
    page = await open_page("/pods/POD-26-000008")
    await page.get_by_role("button", name="Actions on POD-26-000008").click()
    blocked = page.get_by_role("menuitem", name="Resume pod")
    await expect(blocked).to_be_disabled()
    await expect(blocked).to_contain_text("The status is already ACTIVE.")


async def test_preview_changes_nothing(open_page: Open, own_demo: ConsoleServer) -> None:
    page = await open_page("/pods/POD-26-000008")
    dialog = await open_action(page, "POD-26-000008", "Pause pod")
    await dialog.get_by_label("Reason").fill("Release freeze until June.")
    await dialog.get_by_role("button", name="Preview changes").click()
    await expect(dialog.get_by_role("listitem").filter(has_text="Pod paused")).to_contain_text("POD-26-000008")
    await dialog.get_by_role("button", name="Cancel").click()
    await page.reload()
    await expect(page.get_by_role("main").get_by_text("Active", exact=True).first).to_be_visible()


async def test_confirmed_action_updates_page(open_page: Open, own_demo: ConsoleServer) -> None:
    page = await open_page("/pods/POD-26-000008")
    dialog = await open_action(page, "POD-26-000008", "Pause pod")
    await dialog.get_by_label("Reason").fill("Release freeze until June.")
    await dialog.get_by_role("button", name="Preview changes").click()
    await dialog.get_by_role("button", name="Pause pod").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("main").get_by_text("Paused", exact=True).first).to_be_visible()


async def test_error_is_shown_at_its_field(open_page: Open, own_demo: ConsoleServer) -> None:
    page = await open_page("/pods/POD-26-000008")
    dialog = await open_action(page, "POD-26-000008", "Pause pod")
    await dialog.get_by_label("Reason").fill("x" * 2001)
    await dialog.get_by_role("button", name="Preview changes").click()
    await expect(dialog.get_by_label("Reason")).to_have_attribute("aria-invalid", "true")
    await expect(dialog).to_contain_text("2,000")


async def test_dialog_works_by_keyboard(open_page: Open) -> None:
    page = await open_page("/pods/POD-26-000008")
    await page.get_by_role("button", name="Actions on POD-26-000008").press("Enter")
    await page.get_by_role("menuitem", name="Pause pod").press("Enter")
    dialog = page.get_by_role("dialog", name="Pause pod")
    await dialog.get_by_label("Reason").press_sequentially("Release freeze.")
    await page.keyboard.press("Tab")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_role("status")).to_contain_text("The service line pauses", ignore_case=True)
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
