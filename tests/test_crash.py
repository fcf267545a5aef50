"""Database state after a process was killed during its writes."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import context_for
from crashing import CREATE, WRITERS, ticket
from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo.reference import NOW
from podgraph.doctor.registry import examine
from podgraph.schema import build_schema

ANSWERS = 60


def killed_after(url: str, answers: int) -> Counter[int]:
    """Kill a writing process after a number of responses; returns all responses by writer."""
    command = [sys.executable, str(Path(__file__).with_name("crashing.py")), url]
    had: Counter[int] = Counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            had[int(line.split()[0])] += 1
            if had.total() == answers:
                process.kill()
    return had


@pytest.mark.writes
async def test_every_key_of_a_killed_process_takes_effect_once(demo_url: str, demo_engine: AsyncEngine) -> None:
    had = killed_after(demo_url, ANSWERS)
    # The last call of each writer has no response; the next one was never sent.
    calls = [(writer, number) for writer in range(WRITERS) for number in range(had[writer] + 2)]

    replayed: Counter[bool] = Counter()
    for writer, number in calls:
        result: Any = await build_schema().execute(CREATE, {"input": ticket(writer, number)}, context_for(demo_engine))
        assert result.errors is None
        payload = result.data["createTicket"]
        assert payload["ticket"]["title"] == f"{writer}/{number}"
        replayed[payload["idempotentReplay"]] += 1

    assert replayed[True] >= ANSWERS
    assert replayed[False] >= WRITERS
    async with demo_engine.connect() as connection:
        written = await connection.execute(text("SELECT title FROM ticket WHERE title LIKE '%/%'"))
        assert sorted(written.scalars()) == sorted(f"{writer}/{number}" for writer, number in calls)
    async with Snapshot(demo_engine) as snapshot:
        assert await examine(Reader(snapshot, Tenancy(None), NOW)) == []
