"""Steps with the dialog of an action: open it, fill it in, preview the changes, confirm."""

from playwright.async_api import Locator, Page, expect


async def open_action(page: Page, identity: str, action: str) -> Locator:
    """The dialog of an action on a record."""
    await page.get_by_role("button", name=f"Actions on {identity}").click()
    await page.get_by_role("menuitem", name=action).click()
    return page.get_by_role("dialog", name=action)


async def fill(form: Locator, **written: str) -> None:
    """Fill in the fields with these labels; select in a select field."""
    for label, value in written.items():
        field = form.get_by_label(label.replace("_", " ")).first
        if await field.evaluate("field => field.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)


async def preview(dialog: Locator) -> Locator:
    """Preview the changes and return the preview."""
    await dialog.get_by_role("button", name="Preview changes").click()
    shown = dialog.get_by_role("status")
    await expect(shown).to_be_visible()
    return shown


async def confirm(dialog: Locator, action: str) -> None:
    """Confirm the action and wait until the dialog closes."""
    await dialog.get_by_role("button", name=action, exact=True).click()
    await expect(dialog).to_have_count(0)


async def act(page: Page, identity: str, action: str, **written: str) -> None:
    """Run an action on a record, from the menu to the closed dialog."""
    dialog = await open_action(page, identity, action)
    await fill(dialog, **written)
    await preview(dialog)
    await confirm(dialog, action)


async def switch_user(page: Page, name: str) -> None:
    """Switch to another user of the demo, e.g. Thabo Nkosi."""
    button = page.get_by_role("button", name="switch user")
    await button.click()
    await page.get_by_role("menuitem", name=name).click()
    await expect(button).to_contain_text(name)
