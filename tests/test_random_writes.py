"""Whatever is called in whatever order by whomever: money, capacity, events and statuses stay true."""

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
    # A call takes too long for the shortest story of a fault to be looked for.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.writes
def test_any_calls_in_any_order_leave_what_must_be_true(server: Server) -> None:
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
