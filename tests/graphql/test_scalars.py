"""Scalars: parsing of literals and variables, and serialization."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from podgraph.graphql.scalars import SCALARS, Json, Url
from podgraph.kernel.periods import Period


@strawberry.type
class Query:
    @strawberry.field
    def decimal(self, it: Decimal) -> Decimal:
        return it

    @strawberry.field
    def instant(self, it: datetime) -> datetime:
        return it

    @strawberry.field
    def day(self, it: date) -> date:
        return it

    @strawberry.field
    def period(self, it: Period) -> Period:
        return it

    @strawberry.field
    def elsewhere(self) -> datetime:
        return datetime(2026, 5, 14, 18, tzinfo=timezone(timedelta(hours=2)))

    @strawberry.field
    def link(self) -> Url:
        return Url("https://example.com/load-test")

    @strawberry.field
    def document(self) -> Json:
        return Json({"team_size": 5, "note": None, "roles": ["qa"]})


SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))
TYPES = {"decimal": "Decimal", "instant": "DateTime", "day": "Date", "period": "Period"}
NAMES = {"decimal": "decimal", "instant": "DateTime", "day": "Date", "period": "Period"}


def literally(field: str, literal: str) -> Any:
    return SCHEMA.execute_sync(f"{{ {field}(it: {literal}) }}")


def as_variable(field: str, value: Any) -> Any:
    document = f"query ($it: {TYPES[field]}!) {{ {field}(it: $it) }}"
    return SCHEMA.execute_sync(document, variable_values={"it": value})


ACCEPTED = [
    ("decimal", "38.5", "38.5"),
    ("decimal", "38.50", "38.50"),
    ("decimal", "0", "0"),
    ("decimal", "-0.0001", "-0.0001"),
    ("decimal", "99999999999999", "99999999999999"),
    ("decimal", "99999999999999.9999", "99999999999999.9999"),
    ("decimal", "0.30000000000000004", "0.30000000000000004"),
    ("decimal", "1.5e3", "1.5E+3"),
    ("decimal", "25E-1", "2.5"),
    ("instant", "2026-05-14T16:00:00Z", "2026-05-14T16:00:00Z"),
    ("instant", "2026-05-14T18:00:00+02:00", "2026-05-14T16:00:00Z"),
    ("instant", "2026-05-14T16:00:00.250Z", "2026-05-14T16:00:00.250000Z"),
    ("instant", "2026-05-14T16:00:00.5Z", "2026-05-14T16:00:00.500000Z"),
    ("instant", "2026-05-14T16:00:00.184775000Z", "2026-05-14T16:00:00.184775Z"),
    ("instant", "2026-05-14t16:00:00z", "2026-05-14T16:00:00Z"),
    ("instant", "2026-05-14T16:00:00-00:00", "2026-05-14T16:00:00Z"),
    ("instant", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ("instant", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ("day", "2026-05-14", "2026-05-14"),
    ("day", "2024-02-29", "2024-02-29"),
    ("period", "2026-04", "2026-04"),
    ("period", "2026-Q3", "2026-Q3"),
    ("period", "9998-12", "9998-12"),
]


@pytest.mark.parametrize(("field", "text", "written"), ACCEPTED)
def test_text_is_parsed_as_literal_and_variable(field: str, text: str, written: str) -> None:
    for result in (literally(field, f'"{text}"'), as_variable(field, text)):
        assert result.errors is None
        assert result.data == {field: written}


@pytest.mark.parametrize(
    ("literal", "written"),
    [("38.5", "38.5"), ("40", "40"), ("0.1234567890123456789", "0.1234567890123456789"), ("-2.50", "-2.50")],
)
def test_decimal_literal_may_be_a_number_and_keeps_all_digits(literal: str, written: str) -> None:
    assert literally("decimal", literal).data == {"decimal": written}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (38.5, "38.5"),
        (40, "40"),
        (0.1, "0.1"),
        (-7, "-7"),
        (Decimal("52.00000000000000001"), "52.00000000000000001"),
        (Decimal("1.234567890123456E-5"), "0.00001234567890123456"),
    ],
)
def test_decimal_variable_may_be_a_number(value: Any, written: str) -> None:
    assert as_variable("decimal", value).data == {"decimal": written}


REFUSED = [
    *(
        ("decimal", text)
        for text in [
            "",
            "much",
            "38,5",
            "NaN",
            "sNaN",
            "Infinity",
            "-Infinity",
            "1e999",
            "1e999999999",
            "1e-999999999",
            "1e14",
            "100000000000000",
            "9" * 5000,
            "0." + "1" * 21,
            "9_6.3",
            " 96.3 ",
            "96.3\\n",
            "+96.3",
            ".5",
            "5.",
            "096.3",
            "\u0669\u0666.\u0663",
            "\uff19\uff16.\uff13",
        ]
    ),
    *(
        ("instant", text)
        for text in [
            "",
            "yesterday",
            "2026-05-14",
            "2026-05-14T16:00:00",
            "2026-05-14X16:00:00Z",
            "2026-05-14 16:00:00Z",
            "2026-05-14T16:00Z",
            "2026-05-14T16Z",
            "2026-05-14T160000Z",
            "20260514T160000Z",
            "2026-W20-4T16:00:00Z",
            "2026-05-14T16:00:00,5Z",
            "2026-05-14T16:00:00.Z",
            "2026-05-14T16:00:00.184775999Z",
            "2026-05-14T16:00:00.1847750000001Z",
            "2026-05-14T16:00:000Z",
            "2026-05-14T16:00:60Z",
            "2026-05-14T24:00:00Z",
            "2026-05-14T16:00:00+02",
            "2026-05-14T16:00:00+0200",
            "2026-05-14T16:00:00+02:00:30",
            "2026-05-14T16:00:00+02:75",
            " 2026-05-14T16:00:00Z",
            "2026-05-14T16:00:00Z ",
            "\u0662026-05-14T16:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-05-14T25:00:00Z",
            "0000-01-01T00:00:00Z",
            "10000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "2026-05-14T16:00:00+25:00",
        ]
    ),
    *(
        ("day", text)
        for text in [
            "",
            "today",
            "2026-02-29",
            "2026-13-01",
            "0000-01-01",
            "10000-01-01",
            "2026-05-14T00:00:00Z",
            "20260514",
            "2026-W20-4",
            "2026-W20",
            "2026-5-14",
            " 2026-05-14",
            "2026-05-1\u0664",
        ]
    ),
    *(
        ("period", text)
        for text in [
            "",
            "April",
            "2026",
            "2026-13",
            "2026-00",
            "2026-Q5",
            "2026-q3",
            "\u0662026-04",
            "2026-0\u0664",
            " 2026-04",
            "0000-01",
            "9999-12",
            "9999-Q4",
        ]
    ),
]


@pytest.mark.parametrize(("field", "text"), REFUSED, ids=lambda value: value[:30])
def test_invalid_text_is_rejected_as_literal_and_variable(field: str, text: str) -> None:
    for result in (literally(field, f'"{text}"'), as_variable(field, text)):
        assert result.data is None
        assert f"is not a {NAMES[field]}" in result.errors[0].message
        assert len(result.errors[0].message) < 250


@pytest.mark.parametrize("literal", ["true", "PLENTY", "[1]", "{ amount: 1 }", "1e999", "null"])
@pytest.mark.parametrize("field", TYPES)
def test_literals_of_other_kinds_are_rejected(field: str, literal: str) -> None:
    result = literally(field, literal)
    assert result.data is None
    assert result.errors[0].original_error is None or "is not a" in result.errors[0].message


@pytest.mark.parametrize("value", [True, False, [1], {"amount": 1}, None, float("nan"), float("inf"), 1e22])
@pytest.mark.parametrize("field", TYPES)
def test_variables_of_other_kinds_are_rejected(field: str, value: Any) -> None:
    result = as_variable(field, value)
    assert result.data is None
    assert "Variable '$it'" in result.errors[0].message


@pytest.mark.parametrize("field", ["instant", "day", "period"])
def test_numbers_are_not_times(field: str) -> None:
    assert literally(field, "2026").errors[0].message.startswith("2026 is not a")
    assert "2026 is not a" in as_variable(field, 2026).errors[0].message


def test_instant_is_formatted_in_utc() -> None:
    assert SCHEMA.execute_sync("{ elsewhere }").data == {"elsewhere": "2026-05-14T16:00:00Z"}


def test_links_and_documents_are_returned_unchanged() -> None:
    assert SCHEMA.execute_sync("{ link document }").data == {
        "link": "https://example.com/load-test",
        "document": {"team_size": 5, "note": None, "roles": ["qa"]},
    }
