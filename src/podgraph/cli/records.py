"""The text of `podgraph.records`: a named tuple for the records of each read model."""

import types
import typing
from collections.abc import Iterator

from podgraph.database.read_model import READ_MODELS, ReadModel

HEAD = '''"""Types of the records of all read models. Generated: podgraph schema records > src/podgraph/records.py

Columns that may be null are `T | Any`: the status of a record decides whether they are there. Computed
columns are `Any`.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
'''


def records() -> str:
    """A module with one class for each read model, in alphabetical order."""
    by_name = sorted(READ_MODELS.values(), key=lambda each: each.model.__name__)
    return "\n\n".join([HEAD, *("\n".join(_class(each)) + "\n" for each in by_name)])


def _class(read_model: ReadModel) -> Iterator[str]:
    yield f"class {read_model.model.__name__}Record(NamedTuple):"
    for name in read_model.names:
        column = read_model.model.model_fields.get(name)
        yield f"    {name}: {'Any' if column is None or name in read_model.computed else _name(column.annotation)}"


def _name(annotation: typing.Any) -> str:
    """A type as it is written: `str`, `list[str]`, `Decimal | Any` for one that may be null."""
    if annotation is type(None) or annotation is typing.Any:
        return "Any"
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        return " | ".join(map(_name, arguments))
    inner = f"[{', '.join(map(_name, arguments))}]" if arguments else ""
    return f"{(typing.get_origin(annotation) or annotation).__name__}{inner}"
