"""Event types."""

import re

import pytest

from podgraph.writes.event_types import EVENT_TYPES


@pytest.mark.parametrize(
    "named_by_the_documents",
    [
        "ods.request.scoped",
        "capacity.utilisation_warning",
        "pod.activated",
        "service_line.closed",
        "payment.due",
    ],
)
def test_events_of_the_documents_are_known(named_by_the_documents: str) -> None:
    assert named_by_the_documents in EVENT_TYPES


def test_every_type_is_dotted_lower_case() -> None:
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+){1,2}", one) for one in EVENT_TYPES)
