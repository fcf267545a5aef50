"""What a document asks for below a field, looked at before anything is loaded."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, VariableNode
from graphql.language import SelectionNode


class Selection:
    """The fields selected below some field nodes, by name; fragments are opened, conditions asked.

    It only decides what is worth loading together. A field is kept whatever its type condition,
    so a selection may hold more than a given object answers, never less.
    """

    def __init__(
        self,
        nodes: Sequence[FieldNode],
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self._fragments, self._variables = fragments, variables
        self.fields: dict[str, list[FieldNode]] = {}
        for node in nodes:
            if node.selection_set:
                self._collect(node.selection_set.selections, frozenset())

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def below(self, *names: str) -> "Selection":
        """What is selected below the fields of these names, taken together."""
        nodes = [node for name in names for node in self.fields.get(name, ())]
        return Selection(nodes, self._fragments, self._variables)

    def _collect(self, selections: Iterable[SelectionNode], opened: frozenset[str]) -> None:
        for selection in selections:
            if not self._included(selection):
                continue
            if isinstance(selection, FieldNode):
                self.fields.setdefault(selection.name.value, []).append(selection)
            elif isinstance(selection, InlineFragmentNode):
                self._collect(selection.selection_set.selections, opened)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in opened:
                name = selection.name.value
                self._collect(self._fragments[name].selection_set.selections, opened | {name})

    def _included(self, selection: SelectionNode) -> bool:
        asked = {
            directive.name.value: self._truth(argument.value)
            for directive in selection.directives or ()
            for argument in directive.arguments or ()
            if directive.name.value in ("skip", "include")
        }
        return asked.get("include", True) and not asked.get("skip", False)

    def _truth(self, value: Any) -> bool:
        return bool(self._variables.get(value.name.value) if isinstance(value, VariableNode) else value.value)
