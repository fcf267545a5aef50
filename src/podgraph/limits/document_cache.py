"""Documents read once: parsed and validated for the first request, remembered for those after it."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any

from cachetools import LRUCache
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse, specified_rules, validate

MAX_CACHE_CHARACTERS = 1_000_000
"""Characters of documents that are kept; what is made of one takes about a hundred times as much memory."""
RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
"""What documents are validated by: GraphQL's own rules, and Strawberry's."""
ERRORS = 3
"""Errors after which validation stops: a document of nothing but errors should cost no more than that."""
MEASURES = 32
"""Measures kept of one document, for as many kinds of variables."""


@dataclass(eq=False)
class Document:
    """A document, and what has been found out about it so far."""

    schema: GraphQLSchema
    node: DocumentNode
    length: int = 0
    measures: LRUCache[Hashable, Any] = field(default_factory=lambda: LRUCache(MEASURES))

    @cached_property
    def errors(self) -> list[GraphQLError]:
        """What of it does not fit the schema, the first few."""
        # The error that says where validation stopped is left out.
        return validate(self.schema, self.node, RULES, max_errors=ERRORS)[:ERRORS]


class Documents:
    """The documents that were asked lately. A text is parsed again only when it was forgotten.

    Strawberry's own caches would not do: its ValidationCache validates what the guard has refused,
    and overwrites the refusal; and both count documents, not the memory that they take.
    """

    def __init__(self) -> None:
        self._remembered: LRUCache[str, Document] = LRUCache(MAX_CACHE_CHARACTERS, getsizeof=attrgetter("length"))

    def read(self, schema: GraphQLSchema, text: str, tokens: int | None) -> Document:
        """A document by its text; GraphQLSyntaxError where it is none, or has more than `tokens`."""
        if text not in self._remembered:
            document = Document(schema, parse(text, max_tokens=tokens), len(text))
            if len(text) > MAX_CACHE_CHARACTERS:
                return document
            self._remembered[text] = document
        return self._remembered[text]
