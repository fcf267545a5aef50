"""What a document asks for below a field, looked at before anything is loaded."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql.language import SelectionNode

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, Node, VariableNode
from podgraph.graphql.selections import Fragments, response_key, selected


class Selection:
    """The fields selected below some field nodes; fragments opened, conditions asked.

    `fields` holds the nodes of each response key, which are executed as one field.

    It only decides what is worth loading together. A field is kept whatever its type condition,
    so a selection may hold more than a given object answers, never less; `conditions` names the
    types that fragments in it are on. It is `refused` where a `@skip` or `@include` in it depends on a
    variable that is null, which graphql-core answers with an error.
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
        # However often a fragment is spread below them, it is executed once.
        opened: set[str] = set()
        for node in nodes:
            if node.selection_set:
                self._collect(node.selection_set.selections, opened, by_key)
        self.fields = list(by_key.values())

    @property
    def names(self) -> set[str]:
        """The names of the fields selected."""
        return {nodes[0].name.value for nodes in self.fields}

    def below(self, name: str) -> "Selection":
        """What is selected below all fields of a name, taken together."""
        return self.of(node for nodes in self.fields for node in nodes if node.name.value == name)

    def __or__(self, other: "Selection") -> "Selection":
        """Both, for records that are selected in two ways."""
        both = self.of(())
        both.fields = self.fields + other.fields
        both.conditions = self.conditions | other.conditions
        both.refused = self.refused or other.refused
        return both

    def of(self, nodes: Iterable[FieldNode]) -> "Selection":
        """What is selected below some of the fields."""
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
                    self._open(target, opened, by_key)
                case FragmentDefinitionNode() if target.name.value not in opened:
                    opened.add(target.name.value)
                    self._open(target, opened, by_key)

    def _open(
        self,
        fragment: InlineFragmentNode | FragmentDefinitionNode,
        opened: set[str],
        by_key: dict[str, list[FieldNode]],
    ) -> None:
        if fragment.type_condition:
            self.conditions.add(fragment.type_condition.name.value)
        self._collect(fragment.selection_set.selections, opened, by_key)


def variables_of(nodes: Iterable[Node], fragments: Fragments) -> frozenset[str]:
    """The names of the variables that some nodes depend on, in arguments and in all that they select."""
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
