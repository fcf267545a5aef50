"""The playground: every example runs for its user, and queries can be shared."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Response, Route, expect

from console.conftest import Open
from podgraph.reports.registry import REPORTS

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLES = Path(__file__).parents[2] / "src" / "console" / "src" / "playground" / "examples"


@dataclass(frozen=True)
class Example:
    """An example and the demo user that it is written for."""

    title: str
    part: str
    document: str

    @classmethod
    def of(cls, file: Path) -> "Example":
        title, sentence, _, document = file.read_text().split("\n", 3)
        part = re.search(r", as (\w+):", sentence)
        return cls(title.removeprefix("# "), part[1] if part else "client", document)


ALL = [Example.of(file) for file in sorted(EXAMPLES.glob("*.graphql"))]
ASKED = [each for each in ALL if not each.document.startswith("subscription")]
ASKED += [Example(report.title, "client", report.document) for report in REPORTS.values()]


def answers(response: Response) -> bool:
    introspects = "IntrospectionQuery" in (response.request.post_data or "")
    return response.url.endswith("/graphql") and response.request.method == "POST" and not introspects


async def run(page: Page, title: str) -> Any:
    """The response to an example."""
    await page.get_by_role("listitem").filter(has=page.get_by_text(title, exact=True)).click()
    async with page.expect_response(answers) as answered:
        await page.get_by_role("button", name=re.compile("Execute query")).click()
    payload: Any = await (await answered.value).json()
    return payload


def faults(payload: Any) -> Any:
    """The faults of a response: errors, null root fields, and `userErrors` of mutations."""
    if "errors" in payload:
        return payload["errors"]
    if None in payload["data"].values():
        return payload["data"]
    return [
        answer["userErrors"]
        for answer in payload["data"].values()
        if "userErrors" in answer and any(answer["userErrors"])
    ]


@pytest.mark.parametrize("part", ["client", "operator", "delivery"])
async def test_every_example_runs_without_error(open_page: Open, part: str) -> None:
    page = await open_page("/playground", part=part)
    examples = [example for example in ASKED if example.part == part]
    assert len(examples) >= 2
    wrong = {example.title: faults(await run(page, example.title)) for example in examples}
    assert {title: what for title, what in wrong.items() if what} == {}


async def test_subscription_runs_until_stopped(open_page: Open) -> None:
    page = await open_page("/playground")
    await page.get_by_role("button", name="Subscribe to events").click()
    await page.get_by_role("button", name=re.compile("Execute query")).click()
    await expect(page.locator(".graphiql-response")).to_contain_text('"sequence"')
    took = re.compile(r"^event \d+ · cost: \d points? · 0 SQL statements · after [\d,]+ ms$")
    await expect(page.locator(".stats")).to_have_text(took)
    await page.get_by_role("button", name=re.compile("Stop query")).click()
    await expect(page.get_by_role("button", name=re.compile("Execute query"))).to_be_visible()


def deprecating(kind: str, field: str) -> Callable[[Route], Awaitable[None]]:
    """A schema in which this field is deprecated, as no real field is."""

    async def answer(route: Route) -> None:
        response = await route.fetch()
        payload = await response.json()
        for each in payload["data"].get("__schema", {}).get("types", []):
            for inner in each["fields"] or []:
                if (each["name"], inner["name"]) == (kind, field):
                    inner |= {"isDeprecated": True, "deprecationReason": "Ask for nodes."}
        await route.fulfill(response=response, json=payload)

    return answer


async def test_documentation_lists_required_roles(open_page: Open) -> None:
    page = await open_page("/playground")
    await page.get_by_role("button", name="Show Documentation Explorer").click()
    await page.locator(".graphiql-doc-explorer").get_by_text("Mutation", exact=True).click()
    docs = page.locator(".graphiql-doc-explorer")
    await expect(docs).to_contain_text("Requires one of: ORG_ADMIN, ORG_OWNER, WORKSPACE_ADMIN.")


async def test_explorer_marks_deprecated_and_guarded_fields(open_page: Open) -> None:
    page = await open_page("/events")
    await page.route("**/graphql", deprecating("Query", "node"))
    await page.goto("/playground")
    await page.get_by_role("button", name="Show GraphiQL Explorer").click()
    node = page.locator("[data-field-name=node] .graphiql-explorer-field-view")
    await expect(node).to_have_css("text-decoration-line", "line-through")
    # The welcome has the organizations open.
    log = page.locator("[data-field-name=auditLog]")
    assert await log.evaluate("it => getComputedStyle(it, '::after').content") == '"by role"'


async def test_response_shows_cost_and_duration(open_page: Open) -> None:
    page = await open_page("/playground")
    await run(page, "Current user")
    await expect(page.locator(".stats")).to_have_text(
        re.compile(r"^cost: \d+ points? · \d+ SQL statements? · [\d,]+ ms$")
    )


async def test_example_reopens_after_edit(open_page: Open) -> None:
    page = await open_page("/playground")
    editor = page.locator(".graphiql-query-editor")
    example = page.get_by_role("button", name="Living scope of a pod")
    await example.click()
    await editor.click()
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type("{ viewer { roles } }")
    await expect(editor).not_to_contain_text("query LivingScope")
    await example.click()
    await expect(editor).to_contain_text("query LivingScope")


async def test_shared_link_restores_query_and_variables(open_page: Open) -> None:
    page = await open_page("/playground")
    await page.get_by_role("button", name="Living scope of a pod").click()
    await page.get_by_role("button", name="Copy link to this query").click()
    await page.wait_for_url("**/playground#query=*")
    other = await open_page(page.url)
    await expect(other.locator(".graphiql-query-editor")).to_contain_text("query LivingScope")
    await expect(other.locator(".graphiql-editor-tool")).to_contain_text("POD-26-000008")


async def test_other_client_sees_no_foreign_records(open_page: Open) -> None:
    page = await open_page("/playground", part="stranger")
    await run(page, "Living scope of a pod")
    await expect(page.locator(".graphiql-response")).to_contain_text(re.compile(r'"pod":\s*null'))


async def test_endpoint_serves_playground_to_browsers(open_page: Open) -> None:
    page = await open_page("/graphql")
    await expect(page.get_by_role("heading", name="Playground", level=1)).to_be_visible()
