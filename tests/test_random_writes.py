"""Random mutations by random callers preserve the invariants of money, capacity, events and statuses."""

import asyncio
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from conftest import Server
from podgraph.database.engine import create_engine
from random_writes import World

ONCE = settings(
    max_examples=4,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    # Calls are too slow for shrinking.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.writes
def test_random_calls_preserve_all_invariants(server: Server) -> None:
    class Calls(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.runner = asyncio.Runner()
            self.engine = create_engine(server.database(demo=True))
            self.world = World(self.engine, Random(0))

        @rule(random=st.randoms(use_true_random=False))
        def call(self, random: Random) -> None:
            self.world.random = random
            self.runner.run(self.world.step())

        def teardown(self) -> None:
            try:
                self.runner.run(self.world.healthy())
            finally:
                self.runner.run(self.engine.dispose())
                self.runner.close()

    run_state_machine_as_test(Calls, settings=ONCE)
