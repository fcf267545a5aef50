"""A process that writes without end, to be killed in the middle: `python crashing.py DATABASE_URL`."""

import asyncio
import sys
from typing import Any

from conftest import context_for
from podgraph.database.engine import create_engine
from podgraph.schema import build_schema

WRITERS = 6
CREATE = """mutation ($input: CreateTicketInput!) {
  createTicket(input: $input) { ticket { id title } userErrors { code } idempotentReplay }
}"""


def ticket(writer: int, number: int) -> dict[str, Any]:
    """The input of a writer's nth call; its title is its idempotency key."""
    key = f"{writer}/{number}"
    return {
        "podId": "POD-26-000008",
        "type": "ISSUE",
        "priority": "LOW",
        "title": key,
        "description": "Written by a process that will not live long.",
        "idempotencyKey": key,
    }


async def write(url: str) -> None:
    engine = create_engine(url)

    async def without_end(writer: int) -> None:
        number = 0
        while True:
            given = {"input": ticket(writer, number)}
            result: Any = await build_schema().execute(CREATE, given, context_for(engine))
            if result.errors or result.data["createTicket"]["userErrors"]:
                raise RuntimeError(f"{given} gave {result}")
            print(writer, number, flush=True)  # noqa: T201 - the parent reads it
            number += 1

    await asyncio.gather(*map(without_end, range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1]))
