import json
import re
from pathlib import Path

from conftest import Execute

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found, f"the README shows no {language}"
    return found[1]


async def test_the_query_shown_has_the_answer_shown(execute: Execute) -> None:
    assert {"data": await execute(block("graphql"))} == json.loads(block("json"))
