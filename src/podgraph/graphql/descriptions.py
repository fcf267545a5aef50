"""Declarations with descriptions: fields, enums and types of plain values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.base import get_object_definition

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode
from podgraph.kernel.money import Money
from podgraph.kernel.roles import Role


@dataclass(frozen=True)
class Items:
    """Estimated length of a list for cost analysis: `usual`, or the value of one of the arguments `by`.

    The value of an argument counts up to `most`; a list of ids counts by its length.
    """

    usual: int
    by: tuple[str, ...] = ()
    most: int = 100


def sized(items: Items | int) -> Mapping[str, Items]:
    """Field metadata with the estimated length of a list."""
    return {"items": items if isinstance(items, Items) else Items(items)}


def field(description: str, *, items: int | None = None, **given: Any) -> Any:
    """A plain field: the attribute of the same name; `items` is the estimated length of a list of objects."""
    metadata = sized(items) if items else {}
    return strawberry.field(description=description, metadata=metadata, **given)


def computed(description: str, *needs: str, items: int | None = None) -> Any:
    """A field computed by a method, which reads only the columns `needs` of the record.

    For a method declared with plain `strawberry.field`, all columns are loaded.
    """
    metadata = {"needs": needs, **(sized(items) if items else {})}
    return strawberry.field(description=description, metadata=metadata)


def money(column: str, description: str) -> Any:
    """An amount from `column` in the currency of the record; null if the column is NULL."""

    def amount(self: Any) -> Any:
        stored = getattr(self, column)
        return None if stored is None else Money(stored, self.currency)

    made_of = {"amount": column, "currency": "currency"}
    metadata = {"needs": tuple(made_of.values()), "made_of": made_of}
    return strawberry.field(amount, description=description, metadata=metadata)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="Requires one of these roles; other callers get an error, or null.",
)
class RequiresRole:
    any_of: list[Role] = strawberry.directive_field(name="anyOf")


def requires_roles(roles: Iterable[str]) -> list[RequiresRole]:
    """Schema directives of a field that is restricted to some roles; none if all roles may read it."""
    able = [Role[role] for role in sorted(roles)]
    return [RequiresRole(any_of=able)] if able else []


def register_enums(*terms: type[DescribedEnum]) -> None:
    """Register enums in GraphQL, described by their docstrings."""
    for term in terms:
        strawberry.enum(term, description=term.__doc__)
        definition = term.__strawberry_definition__  # type: ignore[attr-defined]
        for value in definition.values:
            value.description = term[value.name].__doc__


def register_type(kind: type, description: str, /, **fields: str) -> None:
    """Register a plain dataclass as a GraphQL type, with a description per field."""
    strawberry.type(kind, description=description)
    definition = get_object_definition(kind, strict=True)
    for declared in definition.fields:
        declared.description = fields[declared.python_name]
        if declared.python_name.endswith("_"):
            # A Python keyword has a trailing underscore, which the GraphQL name omits: `from_` is `from`.
            declared.graphql_name = declared.python_name.rstrip("_")


register_type(
    Money,
    "An exact amount of money.",
    amount='The amount, to the cent: "15500.00".',
    currency="The currency, ISO 4217: USD.",
)
# Registered at import, before any type refers to them.
register_enums(ErrorCode)
