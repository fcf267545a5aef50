import pytest

from podgraph.observability.trace import Trace

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


def test_a_request_belongs_to_the_trace_that_it_names() -> None:
    assert Trace.of(PARENT) == Trace(TRACE_ID, PARENT)


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        TRACE_ID,
        PARENT.upper(),
        f"ff-{TRACE_ID}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
    ],
)
def test_any_other_request_begins_a_trace_of_its_own(given: str | None) -> None:
    begun = Trace.of(given)
    assert begun.parent is None
    assert len(begun.trace_id) == 32
    assert begun.trace_id != Trace.of(given).trace_id


def test_log_fields_omit_unknown_values() -> None:
    trace = Trace("t", kind="query", cost=12, codes=["NOT_FOUND"])
    assert trace.log_fields == {
        "trace_id": "t",
        "kind": "query",
        "cost": 12,
        "statements": 0,
        "codes": ["NOT_FOUND"],
    }
