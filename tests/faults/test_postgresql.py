"""A sample of the campaign's faults, the same in every run: see `campaign.py` for all of them."""

import asyncio
from functools import partial

import pytest

from conftest import Server
from faults.campaign import OPERATIONS, run, sampled

EACH = 17
"""Faults of each operation."""
SEED = 13


@pytest.mark.parametrize("name", OPERATIONS)
def test_nothing_of_a_fault_stays_behind(name: str, servers: dict[str, Server]) -> None:
    server = servers["postgresql"]
    # The database that all others are copied from is filled by a loop of its own.
    server.database(demo=True)
    chosen = partial(sampled, faults=EACH, seed=SEED)
    results = asyncio.run(run(server, chosen, [OPERATIONS[name]], at_once=EACH))

    assert {str(one.point): one.problems for one in results if one.problems} == {}
    assert sum(one.reached for one in results) > EACH // 2
