from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Date, Integer, Text
from sqlalchemy.types import TypeEngine
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.api import cursors
from podgraph.database.columns import MONEY
from podgraph.kernel.errors import BadUserInput

KINDS: list[TypeEngine[Any]] = [Text(), Integer(), MONEY, UTCDateTime(), Date()]
VALUES = ["POD-26-000008", 8, Decimal("15500.00"), datetime(2026, 5, 14, 16, tzinfo=UTC), date(2026, 5, 1)]


def test_a_cursor_brings_its_values_back_exactly() -> None:
    cursor = cursors.encode("pod:id", VALUES)
    assert cursors.decode("pod:id", cursor, KINDS) == VALUES


def test_a_value_that_is_missing_stays_missing() -> None:
    cursor = cursors.encode("pod:renews_at", [None, "POD-26-000008"])
    assert cursors.decode("pod:renews_at", cursor, [UTCDateTime(), Text()]) == [None, "POD-26-000008"]


@pytest.mark.parametrize("position", range(0, 40, 3))
def test_an_edited_cursor_is_refused(position: int) -> None:
    cursor = cursors.encode("pod:id", VALUES)
    other = "A" if cursor[position] != "A" else "B"
    with pytest.raises(BadUserInput, match="is not a cursor of this connection"):
        cursors.decode("pod:id", cursor[:position] + other + cursor[position + 1 :], KINDS)


@pytest.mark.parametrize("cursor", ["", "x", "é", "a" * 1000, "===="])
def test_what_never_was_a_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadUserInput):
        cursors.decode("pod:id", cursor, KINDS)


def test_a_cursor_of_another_order_is_refused() -> None:
    with pytest.raises(BadUserInput):
        cursors.decode("pod:name", cursors.encode("pod:id", VALUES), KINDS)
