"""Validation of inputs: rules, violations and their descriptions."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
import strawberry

from podgraph.graphql.inputs import (
    CURRENCY,
    DESCRIPTION,
    MONEY,
    TITLE,
    ListOf,
    Number,
    Text,
    input_field,
    register_input,
    values,
    violations,
)
from podgraph.kernel.errors import ErrorCode


@dataclass(frozen=True)
class Brick:
    colour: str
    weight: Decimal


register_input(
    Brick,
    "BrickInput",
    "A brick.",
    colour=("Its colour.", Text(10)),
    weight=("In kilograms.", Number(most=5, places=1)),
)


@strawberry.input(description="A wall.")
class WallInput:
    name: str = input_field("Its name.", TITLE)
    bricks: list[Brick] = input_field("Its bricks.", ListOf(3))
    notes: strawberry.Maybe[str | None] = input_field("About it.", DESCRIPTION)


def wall(name: str = "North", bricks: tuple[Brick, ...] = ()) -> WallInput:
    return WallInput(name=name, bricks=list(bricks), notes=None)


def test_valid_input_has_no_violations() -> None:
    assert list(violations(wall(bricks=(Brick("red", Decimal("2.5")),)))) == []


def test_all_violations_are_reported_with_their_paths() -> None:
    wrong = list(violations(wall(" ", (Brick("red", Decimal("2.5")), Brick("r\x00d", Decimal("5.1"))))))

    assert [(one.code, one.field, one.reason) for one in wrong] == [
        (ErrorCode.INVALID, ("name",), "name is blank."),
        (ErrorCode.INVALID, ("bricks", "1", "colour"), "colour contains control characters."),
        (
            ErrorCode.INVALID,
            ("bricks", "1", "weight"),
            "weight is 5.1; allowed: 0 to 5, at most 1 decimal place.",
        ),
    ]


def test_length_of_a_list_is_validated() -> None:
    wrong = list(violations(wall(bricks=(Brick("red", Decimal(1)),) * 4)))

    assert [one.reason for one in wrong] == ["bricks has 4 entries; allowed: 0 to 3."]


def test_omitted_value_differs_from_null() -> None:
    assert values(wall()) == {"name": "North", "bricks": []}
    assert values(WallInput(name="North", bricks=[], notes=strawberry.Some(None)))["notes"] is None
    assert values(WallInput(name="North", bricks=[], notes=strawberry.Some("thick")))["notes"] == "thick"


@pytest.mark.parametrize(
    ("rule", "value", "wrong"),
    [
        (TITLE, "x" * 255, None),
        (TITLE, "x" * 256, "has 256 characters, more than 255"),
        (TITLE, "two\nlines", "contains control characters"),
        (DESCRIPTION, "two\nlines\tand a tab", None),
        (DESCRIPTION, "a bell\x07", "contains control characters"),
        (DESCRIPTION, "half \ud800 a pair", "contains control characters"),
        (MONEY, Decimal("0.01"), None),
        (MONEY, Decimal("2.500"), None),
        (MONEY, Decimal("2.505"), "has more than 2 decimal places"),
        (
            MONEY,
            Decimal(0),
            "is 0; allowed: more than 0, at most 999,999,999,999, at most 2 decimal places",
        ),
        (
            MONEY,
            Decimal("1e13"),
            "is 1E+13; allowed: more than 0, at most 999,999,999,999, at most 2 decimal places",
        ),
        (CURRENCY, "EURO", "has 4 characters, more than 3"),
        (Number(1, 100), -1, "is -1; allowed: 1 to 100"),
    ],
)
def test_rule_describes_the_violation(rule: Text | Number, value: str, wrong: str | None) -> None:
    assert rule.error(value) == wrong  # type: ignore[arg-type]


def test_equal_bounds_are_described_as_exact() -> None:
    assert CURRENCY.description == "Exactly 3 characters."


def test_a_rule_is_part_of_the_description() -> None:
    fields = {field.name: field.description for field in WallInput.__strawberry_definition__.fields}  # type: ignore[attr-defined]

    assert fields["name"] == "Its name. 1 to 255 characters."
    assert fields["notes"] == "About it. 1 to 20,000 characters."
