"""Random documents for a schema: valid requests, and a few invalid values.

A document is valid by construction. The one difficulty is that fields of one response key merge, so
each key leads to one output type throughout a document, and to one field with one set of arguments
wherever parents may be the same object.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain, count
from typing import Any, TypeVar

from graphql.utilities import do_types_overlap
from hypothesis import strategies

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationType,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
    is_required_argument,
    is_required_input_field,
)

T = TypeVar("T")

CUTS: Sequence[Sequence[str]] = (
    ("first",),
    ("first",),
    ("first", "after"),
    ("last",),
    ("last", "before"),
    (),
    ("after",),
    ("before",),
)
"""Sets of pagination arguments with their weights."""

SIZED = 5
"""The number of them with a size, which suit a place without room for a whole page."""

WRONG: Mapping[str, Sequence[Any]] = {
    "first": (0, -1, 101),
    "last": (0, 101),
    "after": ("nowhere", ""),
    "before": ("nowhere", "ä"),
}
"""Invalid arguments of a page, used occasionally."""

CHOICES = 400
"""The number of random choices, after which a document is completed."""

WHOLE_PAGE = 20
INTROSPECTED = 16
"""Assumed number of objects of a page without a size, and of a list in introspection."""


@dataclass(frozen=True)
class Document:
    """An operation as a client sends it."""

    text: str
    variables: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.text}\nvariables: {json.dumps(self.variables)}"


Values = Callable[[str, str, str], Sequence[Any]]
"""`values(type, name, owner)`: meaningful values of a scalar, as JSON.

The name is the argument's or input field's, the owner the type of its field or input: a page's
cursors are `values("String", "after", "PodConnection")`, ids of pods `values("ID", "id", "Pod")`.
Empty where there are none: then any value of the type is taken. A Boolean of an input that has some is
always given.
"""

Write = Callable[[GraphQLInputType, Any], str]
"""Formats a part of a literal."""

PLAIN: Mapping[str, Sequence[Any]] = {
    "Int": (0, 1, 2, 3, 4),
    "Float": (0.5, 2.0),
    "Boolean": (False, True),
    "String": ("", "one", 'with "quotes" and ünïcode'),
    "ID": ("unknown", "POD-26-999999"),
    "JSON": (7, True, "one"),
}


@dataclass(frozen=True)
class Room:
    """The remaining depth and number of objects below a place."""

    depth: int
    rows: int

    def holds(self, other: "Room") -> bool:
        return self.depth >= other.depth and self.rows >= other.rows


@dataclass(frozen=True)
class Head:
    """A selected field: the text before its selection set, its room, and its selections."""

    text: str
    target: GraphQLNamedType
    room: Room
    below: Room


@dataclass(frozen=True)
class Fragment:
    """A named fragment and the room that it requires."""

    name: str
    target: GraphQLNamedType
    room: Room
    selections: str

    @property
    def text(self) -> str:
        return f"fragment {self.name} on {self.target.name} {self.selections}"


@dataclass(frozen=True)
class Meaning:
    """The field and arguments of a response key below a parent."""

    parent: GraphQLNamedType
    field: str
    output: str

    def merges(self, other: "Meaning") -> bool:
        apart = self.parent is not other.parent and is_object_type(self.parent) and is_object_type(other.parent)
        return self.output == other.output and (apart or self.field == other.field)


class Chance:
    """Random choices: a tape of bytes, one for each choice, then zeros.

    On a single tape hypothesis has no parts to repeat, which would make most documents alike. It
    makes the bytes of a failure small: a small byte is a no, or the first of a sequence.
    """

    def __init__(self, tape: bytes) -> None:
        self._tape = iter(tape)

    def upto(self, most: int) -> int:
        return next(self._tape, 0) * (most + 1) >> 8

    def of(self, percent: int) -> bool:
        return self.upto(99) >= 100 - percent

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.upto(len(choices) - 1)]


@dataclass
class Inputs:
    """The values of a document: generated, then formatted as literals or variables."""

    chance: Chance
    values: Values
    declared: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)

    def given(self, definition: GraphQLField, owner: str, page: Mapping[str, Any]) -> str:
        """The arguments of a field in parentheses; those in `page` are used as given."""
        values = {
            name: self.value(argument.type, name, owner)
            for name, argument in definition.args.items()
            if name not in WRONG and (is_required_argument(argument) or self.chance.of(30))
        }
        if not page.keys().isdisjoint({"after", "before"}) and not self.chance.of(10):
            # A cursor is valid only for the order that it was issued for.
            values.pop("orderBy", None)
        text = ", ".join(
            f"{name}: {self.written(definition.args[name].type, value, 25)}"
            for name, value in {**values, **page}.items()
        )
        return f"({text})" if text else ""

    def page(self, definition: GraphQLField, owner: str, rows: int) -> dict[str, Any]:
        """Pagination arguments of a connection, or a list with `first`, for a maximum number of rows."""
        size = 1 + self.chance.upto(min(max(rows, 1), 5) - 1)
        values: dict[str, Any] = {"first": size, "last": size}
        for name in ("after", "before"):
            if cursors := self.values("String", name, owner):
                values[name] = self.chance.pick(cursors)
        names = self.chance.pick(CUTS if rows >= WHOLE_PAGE else CUTS[:SIZED])
        page = {name: values[name] for name in names if name in values}
        if self.chance.of(4):
            wrong = self.chance.pick(list(WRONG))
            page[wrong] = self.chance.pick(WRONG[wrong])
        return {name: value for name, value in page.items() if name in definition.args}

    def value(self, kind: GraphQLInputType, name: str, owner: str, depth: int = 2) -> Any:
        """A value of an input type as JSON."""
        inner = get_nullable_type(kind)
        if inner is kind and self.chance.of(4):
            return None
        if isinstance(inner, GraphQLList):
            size = self.chance.upto(2) + (name == "by")
            return [self.value(inner.of_type, name, owner, depth) for _ in range(size)]
        if isinstance(inner, GraphQLInputObjectType):
            return self.object(inner, name, owner, depth)
        if isinstance(inner, GraphQLEnumType):
            return self.chance.pick(list(inner.values))
        scalar = get_named_type(inner).name
        return self.chance.pick(self.values(scalar, name, owner) or PLAIN[scalar])

    def object(self, kind: GraphQLInputObjectType, name: str, owner: str, depth: int) -> dict[str, Any]:
        """An input object: the required fields, and at most two optional ones, fewer at greater depth."""
        optional = [
            part
            for part, one in kind.fields.items()
            if not is_required_input_field(one) and (depth or is_leaf_type(get_named_type(one.type)))
        ]
        chosen = {self.chance.pick(optional) for _ in range(self.chance.upto(2)) if optional}
        given = {
            part: self.value(one.type, *self._meant(kind, part, name, owner), depth=depth - 1)
            for part, one in kind.fields.items()
            if part in chosen or is_required_input_field(one) or self._is_always_given(kind, part)
        }
        # Some optional inputs of mutations reject null, which the type does not express.
        null = not kind.name.endswith("Input")
        return {part: value for part, value in given.items() if null or value is not None}

    def _is_always_given(self, kind: GraphQLInputObjectType, part: str) -> bool:
        """Whether a Boolean must have a fixed value, such as `dryRun`."""
        scalar = get_named_type(kind.fields[part].type).name
        return scalar == "Boolean" and bool(self.values(scalar, part, kind.name))

    def _meant(self, kind: GraphQLInputObjectType, part: str, name: str, owner: str) -> tuple[str, str]:
        """The name for the values of a part; for a comparator, the compared field."""
        compares = "eq" in kind.fields or "gt" in kind.fields
        return (name, owner) if compares else (part, kind.name)

    def written(self, kind: GraphQLInputType, value: Any, percent: int) -> str:
        """A value as a literal or a variable; parts of a literal may be variables too."""
        if self.chance.of(percent):
            return self.variable(kind, value)
        return literal(kind, value, lambda inner, part: self.written(inner, part, percent // 3))

    def variable(self, kind: GraphQLInputType, value: Any) -> str:
        """A new variable with a value, a default or, if nullable, neither."""
        name = f"v{len(self.declared)}"
        declared = f"${name}: {kind}"
        form = self.chance.pick(("value", "value", "value", "default", "default", "not at all"))
        if form == "default" and value is not None:
            # A nullable variable with a default is valid in a non-null position; sending null is then an error.
            nullable = isinstance(kind, GraphQLNonNull) and self.chance.of(30)
            declared = f"${name}: {get_nullable_type(kind) if nullable else kind} = {literal(kind, value)}"
            if nullable and self.chance.of(30):
                self.variables[name] = None
        elif form != "not at all" or isinstance(kind, GraphQLNonNull):
            self.variables[name] = value
        self.declared.append(declared)
        return f"${name}"


@dataclass
class Writer:
    """Generates one document."""

    schema: GraphQLSchema
    chance: Chance
    inputs: Inputs
    fields_left: int = 35
    keys: dict[str, list[Meaning]] = field(default_factory=dict)
    heads: dict[str, list[Head]] = field(default_factory=dict)
    fragments: list[Fragment] = field(default_factory=list)

    def document(self, kind: OperationType) -> Document:
        root = self.schema.get_root_type(kind)
        assert root is not None
        selections = self.selections(root, Room(depth=5, rows=60))
        declared = f"({', '.join(self.inputs.declared)})" if self.inputs.declared else ""
        operation = f"{kind.value} Generated{declared} {selections}"
        text = "\n".join([operation, *(fragment.text for fragment in self.fragments)])
        return Document(text, self.inputs.variables)

    def selections(self, parent: GraphQLNamedType, room: Room) -> str:
        """A selection set."""
        more = self.chance.upto(4) if self.fields_left > 0 else 0
        written = [self.selection(parent, room) for _ in range(1 + more)]
        return "{ " + " ".join(written) + " }"

    def selection(self, parent: GraphQLNamedType, room: Room) -> str:
        if self.fields_left <= 0:
            return self.fresh(parent, room)
        ways = [self.fresh, self.fresh, self.fresh, self.fresh, self.again, self.inline, self.spread]
        # The types of an interface or a union have more fields than the interface or union.
        ways += [] if is_object_type(parent) else [self.inline, self.inline, self.spread]
        return self.chance.pick(ways)(parent, room)

    def fresh(self, parent: GraphQLNamedType, room: Room) -> str:
        """A field, with an alias if its response key is in use, and occasionally otherwise."""
        self.fields_left -= 1
        fields = selectable(self.schema, parent)
        name, definition = self.chance.pick(fields)
        if not self._fits(parent, definition, room):
            name, definition = self.chance.pick([one for one in fields if _is_leaf(one[1])])
        target = get_named_type(definition.type)
        page = self.inputs.page(definition, target.name, room.rows) if "first" in definition.args else {}
        arguments = self.inputs.given(definition, target.name, page)
        key = self.key(Meaning(parent, f"{name}{arguments}", str(definition.type)), name)
        text = f"{name}{arguments}" if key == name else f"{key}: {name}{arguments}"
        if _is_leaf(definition):
            return f"{text}{self.directives()}"
        side = _rows(page) if "first" in definition.args else _length(parent, definition)
        below = Room(_steps_left(room.depth, target), room.rows // side)
        self.heads.setdefault(parent.name, []).append(Head(text, target, room, below))
        return f"{text}{self.directives()} {self.selections(target, below)}"

    def _fits(self, parent: GraphQLNamedType, definition: GraphQLField, room: Room) -> bool:
        if _is_leaf(definition):
            return True
        return self.fields_left > 0 and room.depth > 0 and room.rows >= _length(parent, definition)

    def again(self, parent: GraphQLNamedType, room: Room) -> str:
        """A field that is already selected, with other selections to merge."""
        heads = [head for head in self.heads.get(parent.name, ()) if room.holds(head.room)]
        if not heads:
            return self.fresh(parent, room)
        head = self.chance.pick(heads)
        return f"{head.text}{self.directives()} {self.selections(head.target, head.below)}"

    def inline(self, parent: GraphQLNamedType, room: Room) -> str:
        """An inline fragment: on the type, on a sibling type, or without a type condition."""
        target = self.chance.pick([parent, *siblings(self.schema, parent)])
        condition = "" if target is parent and self.chance.of(50) else f" on {target.name}"
        return f"...{condition}{self.directives()} {self.selections(target, room)}"

    def spread(self, parent: GraphQLNamedType, room: Room) -> str:
        """A named fragment: an existing one that fits, or a new one."""
        targets = [parent, *siblings(self.schema, parent)]
        fitting = [one for one in self.fragments if room.holds(one.room) and one.target in targets]
        if fitting and self.chance.of(60):
            return f"...{self.chance.pick(fitting).name}{self.directives()}"
        target = self.chance.pick(targets)
        # A fragment with less room fits in more places.
        within = replace(room, depth=max(0, room.depth - 1))
        selections = self.selections(target, within)
        # Registered only now, so that no fragment spreads itself.
        fragment = Fragment(f"F{len(self.fragments)}", target, within, selections)
        self.fragments.append(fragment)
        return f"...{fragment.name}{self.directives()}"

    def directives(self) -> str:
        if not self.chance.of(12):
            return ""
        condition: GraphQLInputType = GraphQLNonNull(GraphQLBoolean)
        names = self.chance.pick((("include",), ("skip",), ("skip", "include")))
        truth = {name: self.chance.of(50) for name in names}
        return "".join(f" @{name}(if: {self.inputs.written(condition, value, 50)})" for name, value in truth.items())

    def key(self, meaning: Meaning, name: str) -> str:
        """The response key: the field's name, or the first alias that can be merged."""
        wanted = f"x{self.chance.upto(2)}" if self.chance.of(15) else name
        tried = chain([wanted, name], (f"{name}{number}" for number in count(1)))
        key = next(key for key in tried if all(map(meaning.merges, self.keys.get(key, ()))))
        self.keys.setdefault(key, []).append(meaning)
        return key


@cache
def selectable(schema: GraphQLSchema, kind: GraphQLNamedType) -> list[tuple[str, GraphQLField]]:
    """The selectable fields of a type: `__typename` and plain fields first, introspection last."""
    fields: list[tuple[str, GraphQLField]] = sorted(
        getattr(kind, "fields", {}).items(), key=lambda one: not _is_leaf(one[1])
    )
    meta = [("__schema", SchemaMetaFieldDef), ("__type", TypeMetaFieldDef)]
    return [("__typename", TypeNameMetaFieldDef), *fields, *(meta if kind is schema.query_type else ())]


@cache
def siblings(schema: GraphQLSchema, kind: GraphQLNamedType) -> list[GraphQLNamedType]:
    """The other types that an object of this type may also have."""
    return [
        other
        for other in schema.type_map.values()
        if other is not kind
        and isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
        and isinstance(other, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
        and do_types_overlap(schema, kind, other)
    ]


def literal(kind: GraphQLInputType, value: Any, write: Write | None = None) -> str:
    """A value as a literal; `write` formats its parts, by default as literals."""
    inner, write = get_nullable_type(kind), write or literal
    if isinstance(inner, GraphQLList) and isinstance(value, list):
        return "[" + ", ".join(write(inner.of_type, item) for item in value) + "]"
    if isinstance(inner, GraphQLInputObjectType) and isinstance(value, dict):
        parts = (f"{name}: {write(inner.fields[name].type, part)}" for name, part in value.items())
        return "{ " + ", ".join(parts) + " }"
    plain = isinstance(inner, GraphQLEnumType) and value is not None
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def _is_leaf(definition: GraphQLField) -> bool:
    return is_leaf_type(get_named_type(definition.type))


def _is_page(kind: GraphQLNamedType) -> bool:
    return "pageInfo" in getattr(kind, "fields", {})


def _steps_left(depth: int, target: GraphQLNamedType) -> int:
    """The remaining depth below a field: a page takes none, and graphql-core rejects deep introspection."""
    return min(depth - (not _is_page(target)), 2 if target.name.startswith("__") else depth)


def _rows(page: Mapping[str, Any]) -> int:
    """Maximum records of a page."""
    size = page.get("first", page.get("last"))
    return size if size in range(1, WHOLE_PAGE) else WHOLE_PAGE


def _length(parent: GraphQLNamedType, definition: GraphQLField) -> int:
    """Assumed number of objects of a field; the records of a page are counted with the page."""
    if _is_page(parent) or not is_list_type(get_nullable_type(definition.type)):
        return 1
    return INTROSPECTED if get_named_type(definition.type).name.startswith("__") else 3


def documents(
    schema: GraphQLSchema, values: Values, kinds: Sequence[OperationType] = (OperationType.QUERY,)
) -> strategies.SearchStrategy[Document]:
    """Strategy for valid documents of a schema with their variables."""

    def written(tape: bytes) -> Document:
        chance = Chance(tape)
        return Writer(schema, chance, Inputs(chance, values)).document(chance.pick(kinds))

    return strategies.binary(min_size=CHOICES, max_size=CHOICES).map(written)
