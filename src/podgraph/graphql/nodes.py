"""Node interface, and the registry of the GraphQL types of records."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import strawberry

from podgraph.database.read_model import ReadModel
from podgraph.graphql.descriptions import field

T = TypeVar("T", bound=type)


@strawberry.interface(description="An object with an ID.")
class Node:
    relation: ClassVar[ReadModel]

    id: strawberry.ID = field("Globally unique ID, e.g. POD-26-000008.")


def record(relation: ReadModel, description: str) -> Callable[[T], T]:
    """Declare a class as the GraphQL type of a read model's records."""

    def decorate(cls: T) -> T:
        cls.relation = relation  # type: ignore[attr-defined]
        cls.is_type_of = classmethod(lambda _cls, value, _info: getattr(value, "relation", None) is relation)  # type: ignore[attr-defined]
        decorated: T = strawberry.type(cls, description=description)
        TYPES[relation.name] = decorated
        return decorated

    return decorate


TYPES: dict[str, Any] = {}
"""GraphQL types of records by table name."""


def type_of(row: Any) -> Any:
    """The GraphQL type of a record."""
    return TYPES[row.relation.name]
