"""Selection sets for cost analysis and projections: fragments are resolved and conditions evaluated.

graphql-core's `collect_fields` requires the runtime type of an object, which is not known before execution.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql.language import SelectionNode

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, ValueNode, VariableNode

Fragments = Mapping[str, FragmentDefinitionNode]
Target = FieldNode | InlineFragmentNode | FragmentDefinitionNode | None
"""The field or the fragment that a selection stands for; None for the spread of an unknown fragment."""


def selected(
    selections: Iterable[SelectionNode], fragments: Fragments, variables: Mapping[str, Any]
) -> Iterator[tuple[SelectionNode, Target, bool | None]]:
    """The selections, each with its target, and whether `@skip` and `@include` keep it.

    None if a condition has no Boolean value, for which graphql-core reports an error.
    """
    for node in selections:
        target: Any = fragments.get(node.name.value) if isinstance(node, FragmentSpreadNode) else node
        yield node, target, _is_included(node, variables) if node.directives else True


def response_key(node: FieldNode) -> str:
    """The name of a field's value in the response."""
    return (node.alias or node.name).value


def _is_included(node: SelectionNode, variables: Mapping[str, Any]) -> bool | None:
    conditions = {
        directive.name.value: _boolean(argument.value, variables)
        for directive in node.directives or ()
        for argument in directive.arguments or ()
        if argument.name.value == "if"
    }
    skip, include = conditions.get("skip", False), conditions.get("include", True)
    if skip or (include is False and skip is not None):
        return False
    return None if skip is None or include is None else True


def _boolean(node: ValueNode, variables: Mapping[str, Any]) -> bool | None:
    value = variables.get(node.name.value) if isinstance(node, VariableNode) else getattr(node, "value", None)
    return value if isinstance(value, bool) else None
