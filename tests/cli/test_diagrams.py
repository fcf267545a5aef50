"""The state diagrams of the documentation are those of the tables."""

from pathlib import Path

import pytest

from podgraph.cli.diagrams import STATE_MACHINES, diagram, diagrams
from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.transitions import AUTOMATIC, CREATES, Transition

PAGE = (Path(__file__).parents[2] / "src" / "docs" / "lifecycles.md").read_text("utf-8")


class Light(DescribedEnum):
    RED = "RED", "Stop."
    GREEN = "GREEN", "Go."
    BROKEN = "BROKEN", "Look. Final."


CALLER = frozenset({Light.RED})
TABLE = (
    Transition("install", CREATES, Light.RED, CALLER),
    Transition("open", frozenset({Light.RED}), Light.GREEN, CALLER),
    Transition("clean", frozenset({Light.RED}), None, CALLER),
    Transition("tick after a minute", frozenset({Light.GREEN}), Light.RED, AUTOMATIC),
    Transition("hit", frozenset({Light.RED, Light.GREEN}), Light.BROKEN, CALLER),
)


def test_a_diagram_contains_every_transition() -> None:
    assert diagram(TABLE).splitlines() == [
        "stateDiagram-v2",
        "    [*] --> RED: install",
        "    RED --> GREEN: open",
        "    RED --> RED: clean",
        "    GREEN --> RED: (tick after a minute)",
        "    RED --> BROKEN: hit",
        "    GREEN --> BROKEN: hit",
        "    BROKEN --> [*]",
    ]


@pytest.mark.parametrize("name", STATE_MACHINES)
def test_every_status_is_reached_from_the_beginning(name: str) -> None:
    rows = STATE_MACHINES[name]
    (vocabulary,) = {type(row.target) for row in rows if row.target}
    reached: set[DescribedEnum | None] = set()
    while new := {row.target for row in rows if not row.sources or row.sources & reached} - {None, *reached}:
        reached |= new

    assert reached == set(vocabulary)


def test_the_page_of_lifecycles_is_generated() -> None:
    assert diagrams() in PAGE, "run: podgraph schema diagrams --into src/docs/lifecycles.md"
