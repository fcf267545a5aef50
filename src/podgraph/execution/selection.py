"""Selection: the fields below a field of a document, read before anything is loaded."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql.language import SelectionNode

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, Node, VariableNode
from podgraph.graphql.selections import Fragments, response_key, selected


class Selection:
    """The fields selected by some field nodes, with fragments expanded and conditions evaluated.

    `fields` contains the nodes of each response key, which are executed as one field.

    A selection only determines what to load. Fields are included independently of their type condition, so it
    may contain more fields than an object has, but never fewer; `conditions` contains the types of its fragments.
    It is `refused` if a `@skip` or `@include` depends on a variable that is null, for which graphql-core reports
    an error.
    """

    def __init__(
        self,
        nodes: Sequence[FieldNode],
        fragments: Fragments,
        variables: Mapping[str, Any],
    ) -> None:
        self._fragments, self._variables = fragments, variables
        self.conditions: set[str] = set()
        self.refused = False
        by_key: dict[str, list[FieldNode]] = {}
        # A fragment is expanded once, however often it is spread.
        opened: set[str] = set()
        for node in nodes:
            if node.selection_set:
                self._collect(node.selection_set.selections, opened, by_key)
        self.fields = list(by_key.values())

    @property
    def names(self) -> set[str]:
        """The names of the selected fields."""
        return {nodes[0].name.value for nodes in self.fields}

    def below(self, name: str) -> "Selection":
        """The merged selection of all fields with a name."""
        return self.of(node for nodes in self.fields for node in nodes if node.name.value == name)

    def __or__(self, other: "Selection") -> "Selection":
        """The merged selection, for records that are selected twice."""
        both = self.of(())
        both.fields = self.fields + other.fields
        both.conditions = self.conditions | other.conditions
        both.refused = self.refused or other.refused
        return both

    def of(self, nodes: Iterable[FieldNode]) -> "Selection":
        """The selection of some of the fields."""
        return Selection(list(nodes), self._fragments, self._variables)

    def _collect(
        self,
        selections: Iterable[SelectionNode],
        opened: set[str],
        by_key: dict[str, list[FieldNode]],
    ) -> None:
        for _, target, included in selected(selections, self._fragments, self._variables):
            self.refused |= included is None
            match target:
                case _ if included is False:
                    continue
                case FieldNode():
                    by_key.setdefault(response_key(target), []).append(target)
                case InlineFragmentNode():
                    self._expand(target, opened, by_key)
                case FragmentDefinitionNode() if target.name.value not in opened:
                    opened.add(target.name.value)
                    self._expand(target, opened, by_key)

    def _expand(
        self,
        fragment: InlineFragmentNode | FragmentDefinitionNode,
        opened: set[str],
        by_key: dict[str, list[FieldNode]],
    ) -> None:
        if fragment.type_condition:
            self.conditions.add(fragment.type_condition.name.value)
        self._collect(fragment.selection_set.selections, opened, by_key)


def variables_of(nodes: Iterable[Node], fragments: Fragments) -> frozenset[str]:
    """The names of the variables in some nodes, including their selections."""
    names: set[str] = set()
    ahead, seen = list(nodes), set()
    while ahead:
        node = ahead.pop()
        if isinstance(node, VariableNode):
            names.add(node.name.value)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
            seen.add(node.name.value)
            ahead.append(fragments[node.name.value])
        for key in node.keys:
            below = getattr(node, key, None)
            ahead += [below] if isinstance(below, Node) else below if isinstance(below, tuple | list) else ()
    return frozenset(names)
