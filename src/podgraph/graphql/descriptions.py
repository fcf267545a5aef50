"""How the graph's elements get their words: fields, vocabularies and plain values."""

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
    """How many objects a list is charged for: `usual`, or as many as one of the arguments `by` says.

    An argument says at most `most`; of a list of ids its length counts.
    """

    usual: int
    by: tuple[str, ...] = ()
    most: int = 100


def sized(items: Items | int) -> Mapping[str, Items]:
    """The metadata of a list's field: how many objects it is charged for."""
    return {"items": items if isinstance(items, Items) else Items(items)}


def field(description: str, *, items: int | None = None, **given: Any) -> Any:
    """A plain field: the record's attribute of the same name; a list of objects has `items`."""
    metadata = sized(items) if items else {}
    return strawberry.field(description=description, metadata=metadata, **given)


def computed(description: str, *needs: str, items: int | None = None) -> Any:
    """A field that a method works out from the columns it `needs` of the record, and from no others.

    A method that does not say, a plain `strawberry.field`, is given the whole record.
    """
    metadata = {"needs": needs, **(sized(items) if items else {})}
    return strawberry.field(description=description, metadata=metadata)


def money(column: str, description: str) -> Any:
    """An amount of the record's currency, from the column that it is in; null where that is."""

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
    """What the schema says of a field that is for some roles only; nothing where it is for all."""
    able = [Role[role] for role in sorted(roles)]
    return [RequiresRole(any_of=able)] if able else []


def register_enums(*terms: type[DescribedEnum]) -> None:
    """Make vocabularies GraphQL enums, described by their own docstrings."""
    for term in terms:
        strawberry.enum(term, description=term.__doc__)
        definition = term.__strawberry_definition__  # type: ignore[attr-defined]
        for value in definition.values:
            value.description = term[value.name].__doc__


def register_type(kind: type, description: str, /, **fields: str) -> None:
    """Make a plain dataclass of the rules a GraphQL type as it stands, with a description per field."""
    strawberry.type(kind, description=description)
    definition = get_object_definition(kind, strict=True)
    for declared in definition.fields:
        declared.description = fields[declared.python_name]
        if declared.python_name.endswith("_"):
            # A word of Python, `from_`, is one of the graph's without its underscore.
            declared.graphql_name = declared.python_name.rstrip("_")


register_type(
    Money,
    "An exact amount of money.",
    amount='The amount, to the cent: "15500.00".',
    currency="The currency, ISO 4217: USD.",
)
# Whatever is made of them, and in whatever order, they are described first.
register_enums(ErrorCode)
