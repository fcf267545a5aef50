"""Aggregates of a connection: measures computed in SQL over all matching records, declared on fields.

    sumAmount: Money | None = total("amount", currency="currency", description="...")

A measure is some SQL columns and a function of their values. Averages are divided in Python from an exact sum and
a count, because the precision of division differs between databases.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, case, func
from strawberry.types.base import get_object_definition

from podgraph.database.read_model import ReadModelAlias
from podgraph.kernel.money import Money
from podgraph.kernel.rounding import half_up


@dataclass(frozen=True)
class Measure:
    """SQL columns, the function that computes the result from their values, and the result without rows."""

    columns: Callable[[ReadModelAlias], Sequence[ColumnElement[Any]]]
    figure: Callable[..., Any] = lambda value: value
    empty: Any = None


COUNT = Measure(lambda _source: [func.count()], empty=0)


def measured(measure: Measure, description: str) -> Any:
    """Declare a field with this measure."""
    return strawberry.field(description=description, metadata={"measure": measure})


def count(description: str) -> Any:
    """The number of rows."""
    return measured(COUNT, description)


def count_where(holds: Callable[[ReadModelAlias], ColumnElement[bool]], description: str) -> Any:
    """The number of rows that meet a condition."""
    return measured(Measure(lambda source: [func.count(case((holds(source), 1)))], empty=0), description)


def total(column: str, description: str, *, currency: str | None = None) -> Any:
    """The exact sum of a column; Money if `currency` names the column of the currency.

    Amounts in different currencies are not added: the sum is null then.
    """
    if currency is None:
        return measured(Measure(lambda source: [func.sum(source[column])]), description)
    return measured(
        Measure(
            lambda source: [
                func.sum(source[column]),
                func.min(source[currency]),
                func.max(source[currency]),
            ],
            lambda amount, low, high: None if amount is None or low != high else Money(amount, low),
        ),
        description,
    )


def average(column: str, description: str, *, places: int = 1, per: int = 1) -> Any:
    """The mean of a column over the rows with a value, in units of `per`, rounded half up."""
    return measured(
        Measure(
            lambda source: [func.sum(source[column]), func.count(source[column])],
            lambda amount, number: half_up(Decimal(amount) / number / per, places) if number else None,
        ),
        description,
    )


def lowest(column: str, description: str) -> Any:
    """The smallest value of a column."""
    return measured(Measure(lambda source: [func.min(source[column])]), description)


def highest(column: str, description: str, *, places: int | None = None, per: int = 1) -> Any:
    """The largest value of a column, in units of `per`."""

    def figure(value: Any) -> Any:
        return value if value is None or places is None else half_up(Decimal(value) / per, places)

    return measured(Measure(lambda source: [func.max(source[column])], figure), description)


def measures(aggregate: Any) -> dict[str, Measure]:
    """The measures of an aggregate or group type by field name."""
    fields = get_object_definition(aggregate, strict=True).fields
    return {field.python_name: field.metadata["measure"] for field in fields if "measure" in field.metadata}


@dataclass(frozen=True)
class Figures:
    """The measures of one statement: the columns to select, and how to read a row."""

    measures: Mapping[str, Measure]
    columns: list[ColumnElement[Any]]
    widths: list[int]

    @classmethod
    def over(cls, measures: Mapping[str, Measure], source: ReadModelAlias) -> "Figures":
        parts = [list(measure.columns(source)) for measure in measures.values()]
        columns = [column for part in parts for column in part]
        return cls(measures, columns, [len(part) for part in parts])

    @property
    def planned(self) -> "Figures":
        """The figures without their columns, for a cached plan: rows can still be read."""
        return replace(self, columns=[])

    def read(self, values: Sequence[Any] | None) -> dict[str, Any]:
        """The results from the values of a row; the results without rows if `values` is None."""
        if values is None:
            return {name: measure.empty for name, measure in self.measures.items()}
        rest = iter(values)
        return {
            name: measure.figure(*islice(rest, width))
            for (name, measure), width in zip(self.measures.items(), self.widths, strict=True)
        }
