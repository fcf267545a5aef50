"""What people do with a dialog: choose it, fill it in, look at what it would do, and do it."""

from playwright.async_api import Locator, Page, expect


async def choose(page: Page, identity: str, action: str) -> Locator:
    """The dialog of an action on a record."""
    await page.get_by_role("button", name=f"Actions on {identity}").click()
    await page.get_by_role("menuitem", name=action).click()
    return page.get_by_role("dialog", name=action)


async def fill(form: Locator, **written: str) -> None:
    """Write into the fields with these labels; a field of choices is chosen from."""
    for label, value in written.items():
        field = form.get_by_label(label.replace("_", " ")).first
        if await field.evaluate("field => field.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)


async def foresee(dialog: Locator) -> Locator:
    """What would happen."""
    await dialog.get_by_role("button", name="Show what would happen").click()
    foreseen = dialog.get_by_role("status")
    await expect(foreseen).to_be_visible()
    return foreseen


async def do(dialog: Locator, action: str) -> None:
    """Do what was shown; it is done when the dialog is gone."""
    await dialog.get_by_role("button", name=action, exact=True).click()
    await expect(dialog).to_have_count(0)


async def act(page: Page, identity: str, action: str, **written: str) -> None:
    """An action on a record from the first click to the last."""
    dialog = await choose(page, identity, action)
    await fill(dialog, **written)
    await foresee(dialog)
    await do(dialog, action)


async def become(page: Page, who: str) -> None:
    """Be somebody else of the demo: Thabo Nkosi."""
    button = page.get_by_role("button", name="be somebody else")
    await button.click()
    await page.get_by_role("menuitem", name=who).click()
    await expect(button).to_contain_text(who)
