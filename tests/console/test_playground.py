"""The playground: every example runs, for whoever one is, and what is written can be shared."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Response, expect

from console.conftest import Open
from podgraph.reports.documents import REPORTS

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES = Path(__file__).parents[2] / "src" / "console" / "src" / "playground" / "examples"
TITLES = [file.read_text().splitlines()[0].removeprefix("# ") for file in sorted(EXAMPLES.glob("*.graphql"))]
TITLES += [report.title for report in REPORTS.values()]


def answers(response: Response) -> bool:
    introspects = "IntrospectionQuery" in (response.request.post_data or "")
    return response.url.endswith("/graphql") and response.request.method == "POST" and not introspects


async def run(page: Page, title: str) -> Any:
    """The answer to an example."""
    await page.get_by_role("button", name=title).first.click()
    async with page.expect_response(answers) as answered:
        await page.get_by_role("button", name=re.compile("Execute query")).click()
    return await (await answered.value).json()


async def test_every_example_runs_without_an_error(open_page: Open) -> None:
    page = await open_page("/playground")
    wrong = {}
    for title in TITLES:
        told = await run(page, title)
        if "errors" in told or None in told["data"].values():
            wrong[title] = told
    assert len(TITLES) >= 21
    assert wrong == {}


async def test_what_an_answer_took_stands_below_it(open_page: Open) -> None:
    page = await open_page("/playground")
    await run(page, "Who am I, and what may I see?")
    await expect(page.locator(".took")).to_have_text(re.compile(r"\d+ statements? · \d+ ms$"))


async def test_an_example_opens_again_after_it_was_edited_away(open_page: Open) -> None:
    page = await open_page("/playground")
    editor = page.locator(".graphiql-query-editor")
    example = page.get_by_role("button", name="The living scope of a pod")
    await example.click()
    await editor.click()
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type("{ viewer { roles } }")
    await expect(editor).not_to_contain_text("query LivingScope")
    await example.click()
    await expect(editor).to_contain_text("query LivingScope")


async def test_a_shared_link_brings_document_and_variables_back(open_page: Open) -> None:
    page = await open_page("/playground")
    await page.get_by_role("button", name="The living scope of a pod").click()
    await page.get_by_role("button", name="Copy a link to this document").click()
    await page.wait_for_url("**/playground#query=*")
    other = await open_page(page.url)
    await expect(other.locator(".graphiql-query-editor")).to_contain_text("query LivingScope")
    await expect(other.locator(".graphiql-editor-tool")).to_contain_text("POD-26-000008")


async def test_a_stranger_is_told_nothing_of_others(open_page: Open) -> None:
    page = await open_page("/playground", part="stranger")
    await run(page, "The living scope of a pod")
    await expect(page.locator(".graphiql-response")).to_contain_text(re.compile(r'"pod":\s*null'))


async def test_a_browser_that_asks_for_the_endpoint_gets_the_playground(open_page: Open) -> None:
    page = await open_page("/graphql")
    await expect(page.get_by_role("heading", name="Playground", level=1)).to_be_visible()
