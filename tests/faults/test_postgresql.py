"""A fixed sample of the faults of `campaign.py`."""

import asyncio
from functools import partial

import pytest

from conftest import Server
from faults.campaign import OPERATIONS, run, sampled

EACH = 17
"""Faults of each operation."""
SEED = 13


@pytest.mark.parametrize("name", OPERATIONS)
def test_fault_leaves_nothing_behind(name: str, servers: dict[str, Server]) -> None:
    server = servers["postgresql"]
    # The template database is filled by a separate event loop.
    server.database(demo=True)
    chosen = partial(sampled, faults=EACH, seed=SEED)
    results = asyncio.run(run(server, chosen, [OPERATIONS[name]], at_once=EACH))

    assert {str(one.point): one.problems for one in results if one.problems} == {}
    assert sum(one.reached for one in results) > EACH // 2
