"""Cost analysis: the cost and size of an operation, determined in one pass before validation.

Fragments are expanded where they are spread, and the pass ends as soon as a limit is exceeded, so
that a hostile document takes no longer than the largest permitted one.

The cost is in points: 1 for each record, connection or computed figure that may be loaded, 1 for a
root field, 1 for `totalCount` and 5 for `aggregate`. A connection loads as many records as its page
has, and a list as many as its field declares: see `Items`.
"""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

from graphql.language import SelectionNode

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from podgraph.database.sql_json import RawJson
from podgraph.graphql.relationships import ConnectionTo, edge_of, items_of
from podgraph.graphql.selections import response_key, selected
from podgraph.kernel.request_errors import RequestError, RequestErrorCode
from podgraph.limits.limits import Limits
from podgraph.limits.value_limits import check_literal

AGGREGATE_COSTS = {"totalCount": 1, "aggregate": 5}
"""What the figures over all of a connection's records cost, whatever the page."""
RECORDS = {"nodes", "edges"}
"""The fields of a connection that lead to the page's records."""

Path = tuple[str, ...]
Kinds = tuple[str, ...]
"""The types of the objects above a place, by their names, ANY for an interface or a union."""
ANY = ""
Sizes = Mapping[int, int]
"""Page sizes that replace the requested ones, by the identity of the connection's node."""


@dataclass(frozen=True)
class PageRequest:
    """A connection in the document: its path, its requested page size, and its cost."""

    node: FieldNode
    path: Path
    argument: str
    size: int
    cost: int


@dataclass
class CostNode:
    """A place of the answer: what an object in it costs, for each time it is selected, and what is below.

    `prices` are by the types of the objects that lead there, as the document's fragments have them.
    """

    prices: Counter[Kinds] = field(default_factory=Counter)
    parts: "Parts" = field(default_factory=dict)

    @property
    def price(self) -> int:
        """What an object costs at the most: those that lead to it are of one type each."""
        apart = {kinds: price for kinds, price in self.prices.items() if ANY not in kinds}
        return self.prices.total() - sum(apart.values()) + max(apart.values(), default=0)


Parts = dict[str, CostNode]
"""Places by their response keys."""


def actual_cost(parts: Parts, objects: Sequence[Mapping[str, Any]]) -> int:
    """The cost of what was loaded for some objects of a response, in points, level by level."""
    cost = 0
    for key, part in parts.items():
        values = [value for one in objects if (value := one.get(key)) is not None]
        found = [value for value in values if not isinstance(value, RawJson)]
        # JSON from the database contains the cost of its own records and of those below.
        cost += sum(value.points for value in values if isinstance(value, RawJson))
        if found and isinstance(found[0], list):
            found = list(chain.from_iterable(found))
        cost += part.price * len(found)
        if part.parts:
            cost += actual_cost(part.parts, [one for one in found if isinstance(one, dict)])
    return cost


@dataclass
class OperationCost:
    """The cost of an operation."""

    cost: int = 0
    depth: int = 0
    introspects: bool = False
    reads: bool = False
    """Whether it selects anything besides the schema."""
    parts: Parts = field(default_factory=dict)
    pages: list[PageRequest] = field(default_factory=list)


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation of a document that a request selects; RequestError if there is no such operation."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if name is None and len(operations) == 1:
        return operations[0]
    found = [one for one in operations if one.name and one.name.value == name]
    if found:
        return found[0]
    if name is None and operations:
        message = "The document has several operations; select one with operationName."
    else:
        message = "The document has no operation of this name."
    raise RequestError(RequestErrorCode.OPERATION_RESOLUTION_FAILURE, message)


def measure(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    limits: Limits,
    sizes: Sizes | None = None,
) -> OperationCost:
    """Measure an operation; RequestError if the document exceeds a limit, also outside the operation."""
    walk = _CostVisitor(schema, document, variables_given(operation, variables), limits, sizes or {})
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    walk._check_limit(len(operations), limits.operations, "operations")
    for one in operations:
        if one is not operation:
            walk.definition(one, schema.get_root_type(one.operation))
    # Validation also reads fragments that are never spread.
    for fragment in list(walk.fragments.values()):
        if fragment.name.value not in walk.reached:
            walk.definition(fragment, schema.get_type(fragment.type_condition.name.value))
    walk.measure = OperationCost()
    walk.definition(operation, schema.get_root_type(operation.operation))
    walk.measure.cost = max(walk.measure.cost, 1)
    return walk.measure


def variables_given(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values of the variables, including the defaults of the operation."""
    defaults = {
        declared.variable.name.value: _plain(declared.default_value)
        for declared in operation.variable_definitions or ()
    }
    return {**defaults, **{name: whole(value) for name, value in variables.items()}}


def whole(value: Any) -> Any:
    """The value, with 5.0 as 5: Int accepts both."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _plain(node: ValueNode | None) -> Any:
    if isinstance(node, IntValueNode):
        # Python does not parse integers of too many digits.
        return int(node.value) if len(node.value) < 20 else sys.maxsize
    if isinstance(node, ListValueNode):
        return list(node.values)
    return getattr(node, "value", None)


class _Position(NamedTuple):
    """Where in the document the walk is: on which type, how deep, and how many objects there may be."""

    kind: GraphQLNamedType | None
    path: Path = ()
    depth: int = 0
    nesting: int = 0
    times: int = 1
    rows: int | None = None
    """The page's size, where the objects are connections."""
    opened: frozenset[str] = frozenset()
    """The fragments that it is in."""
    kinds: Kinds = ()
    """The types of the objects that it is below."""
    priced: bool = True
    """Whether it is executed, and not only charged for more objects than it was at first."""
    hidden: bool = False
    """Below an introspection field, which has limits of its own."""


@dataclass
class _SelectionState:
    """What is selected in one place of the answer so far, by all fields that have its response key."""

    times: int = 0
    keys: "dict[str, _SelectionState]" = field(default_factory=dict)
    spread: dict[str, int] = field(default_factory=dict)
    """The fragments spread there, each of which is executed once, and for how many objects."""
    priced: set[tuple[str, Kinds]] = field(default_factory=set)
    """The fragments whose prices are known, and for objects of which types."""


class _CostVisitor:
    """One pass over a document."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        variables: Mapping[str, Any],
        limits: Limits,
        sizes: Sizes,
    ) -> None:
        self._schema, self._variables, self._limits, self._sizes = schema, variables, limits, sizes
        self.fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self.reached: set[str] = set()
        self.measure = OperationCost()
        self._selections = self._aliases = self._directives = 0

    def _check_limit(
        self, number: int, most: int, what: str, code: RequestErrorCode = RequestErrorCode.DOCUMENT_LIMIT
    ) -> None:
        if number > most:
            raise RequestError(code, f"A document has at most {most} {what}")

    def definition(self, node: OperationDefinitionNode | FragmentDefinitionNode, kind: GraphQLNamedType | None) -> None:
        declared = node.variable_definitions or ()
        self._check_limit(len(declared), self._limits.variables, "variables")
        for variable in declared:
            if variable.default_value:
                check_literal(variable.default_value, self._limits)
            self._directed(variable)
        self._directed(node)
        state = _SelectionState()
        self._below(node.selection_set.selections, _Position(kind), state, self.measure.parts)
        if isinstance(node, OperationDefinitionNode):
            code, most = RequestErrorCode.ROOT_FIELD_LIMIT, self._limits.root_fields
            if node.operation is OperationType.MUTATION:
                code, most = RequestErrorCode.MUTATION_LIMIT, self._limits.mutations
            self._check_limit(len(state.keys), most, f"fields at its {node.operation.value}'s root", code)

    def _below(
        self, selections: Sequence[SelectionNode], place: _Position, state: _SelectionState, parts: Parts
    ) -> None:
        self._check_limit(place.nesting, self._limits.nesting, "selections within each other")
        for node, target, included in selected(selections, self.fragments, self._variables):
            self._selections += 1
            self._check_limit(self._selections, self._limits.selections, "selections, fragments opened")
            self._directed(node)
            here = place._replace(times=0, priced=False) if included is False else place
            # Validation reports a fragment that does not exist, or that spreads itself.
            match target:
                case FieldNode():
                    self._field(target, here, state, parts)
                case InlineFragmentNode():
                    self._open(target, here, state, parts)
                case FragmentDefinitionNode() if target.name.value not in place.opened:
                    self._open(target, self._spread(target.name.value, here, state), state, parts)

    def _open(
        self,
        fragment: InlineFragmentNode | FragmentDefinitionNode,
        place: _Position,
        state: _SelectionState,
        parts: Parts,
    ) -> None:
        condition = fragment.type_condition
        kind = self._schema.get_type(condition.name.value) if condition else place.kind
        deeper = place._replace(kind=kind, nesting=place.nesting + 1)
        self._below(fragment.selection_set.selections, deeper, state, parts)

    def _spread(self, name: str, place: _Position, state: _SelectionState) -> _Position:
        """The place within a fragment: it is executed once for each object, and has one price."""
        self.reached.add(name)
        already = state.spread.get(name, 0)
        state.spread[name] = max(place.times, already)
        priced = place.priced and (name, place.kinds) not in state.priced
        if priced:
            state.priced.add((name, place.kinds))
        times = state.spread[name] - already
        return place._replace(times=times, opened=place.opened | {name}, priced=priced)

    def _field(self, node: FieldNode, place: _Position, state: _SelectionState, parts: Parts) -> None:
        name, key = node.name.value, response_key(node)
        if node.alias:
            self._aliases += 1
            self._check_limit(self._aliases, self._limits.aliases, "aliases", RequestErrorCode.ALIAS_LIMIT)
        merged = state.keys.setdefault(key, _SelectionState())
        merged.times += 1
        self._check_limit(merged.times, self._limits.max_field_repeats, f"times '{key[:40]}' in one place")
        for each in node.arguments or ():
            check_literal(each.value, self._limits)
        hidden = place.hidden or name in ("__schema", "__type")
        self.measure.introspects |= hidden
        self.measure.reads |= not (hidden or place.path or name.startswith("__"))
        depth = place.depth + 1
        if not hidden:
            self.measure.depth = max(self.measure.depth, depth)
            self._check_limit(depth, self._limits.depth, "levels of fields", RequestErrorCode.DEPTH_LIMIT)
        declared = getattr(place.kind, "fields", {}).get(name)
        price, page = self._price(node, place, declared), self._page(node, place)
        argument, items = self._items(node, place, declared)
        number = place.times * (1 if page else items)
        part, before = parts.get(key) or CostNode(), self.measure.cost
        kinds = (*place.kinds, place.kind.name if isinstance(place.kind, GraphQLObjectType) else ANY)
        if place.priced:
            part.prices[kinds] += price
        self.measure.cost += price * number
        if node.selection_set is not None:
            below = _Position(
                kind=get_named_type(declared.type) if declared else None,
                path=(*place.path, key),
                depth=depth,
                nesting=place.nesting + 1,
                times=number,
                rows=items if page else None,
                opened=place.opened,
                kinds=kinds,
                priced=place.priced,
                hidden=hidden,
            )
            self._below(node.selection_set.selections, below, merged, part.parts)
            if page:
                asked = PageRequest(node, below.path, argument, items, self.measure.cost - before)
                self.measure.pages.append(asked)
        if place.priced and (part.prices.total() or part.parts):
            parts[key] = part

    def _price(self, node: FieldNode, place: _Position, declared: GraphQLField | None) -> int:
        """What one object that a field leads to costs."""
        name = node.name.value
        if declared is None:
            return 0
        if place.rows is not None and name in AGGREGATE_COSTS:
            return AGGREGATE_COSTS[name]
        if place.rows is not None and name in RECORDS:
            return 1
        assert place.kind is not None
        loads = edge_of(place.kind, name) or items_of(place.kind, name)
        return int(loads is not None or not place.path)

    def _page(self, node: FieldNode, place: _Position) -> bool:
        """Whether a field is a connection."""
        return place.kind is not None and isinstance(edge_of(place.kind, node.name.value), ConnectionTo)

    def _items(self, node: FieldNode, place: _Position, declared: GraphQLField | None) -> tuple[str, int]:
        """The argument that determines the number of objects below a field, and that number."""
        if place.rows is not None and node.name.value in RECORDS:
            return "", place.rows
        items = place.kind and items_of(place.kind, node.name.value)
        if not items or declared is None:
            return "", 1
        given = {one.name.value: self._given(one.value) for one in node.arguments or ()}
        present = [each for each in items.by if given.get(each) is not None]
        argument = (present or [*items.by, ""])[0]
        value = self._sizes.get(id(node), given.get(argument))
        if value is None:
            return argument, items.usual
        if is_list_type(get_nullable_type(declared.args[argument].type)):
            return argument, min(len(value) if isinstance(value, list) else 1, items.most)
        # Validation rejects an invalid number; here it counts as the maximum.
        usable = type(value) is int and 1 <= value <= items.most
        return argument, value if usable else items.most

    def _directed(self, node: Any) -> None:
        self._directives += len(node.directives or ())
        self._check_limit(self._directives, self._limits.directives, "directives")
        for directive in node.directives or ():
            for argument in directive.arguments or ():
                check_literal(argument.value, self._limits)

    def _given(self, node: ValueNode) -> Any:
        return self._variables.get(node.name.value) if isinstance(node, VariableNode) else _plain(node)
