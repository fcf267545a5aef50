"""Document cache: documents are parsed and validated for their first request only."""

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
"""Characters of cached documents; a parsed document takes about a hundred times as much memory."""
RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
"""The validation rules of GraphQL and of Strawberry."""
ERRORS = 3
"""Errors after which validation stops, which limits the cost of a document of errors."""
MEASURES = 32
"""Measures that are cached for one document, each for other variables."""


@dataclass(eq=False)
class Document:
    """A document, with its errors and measures once they are known."""

    schema: GraphQLSchema
    node: DocumentNode
    length: int = 0
    measures: LRUCache[Hashable, Any] = field(default_factory=lambda: LRUCache(MEASURES))

    @cached_property
    def errors(self) -> list[GraphQLError]:
        """The first validation errors."""
        # Without the error that reports the end of validation.
        return validate(self.schema, self.node, RULES, max_errors=ERRORS)[:ERRORS]


class Documents:
    """An LRU cache of documents by their text.

    Strawberry's ValidationCache would also validate documents that are over a limit and overwrite that error,
    and its caches count documents, not their size.
    """

    def __init__(self) -> None:
        self._remembered: LRUCache[str, Document] = LRUCache(MAX_CACHE_CHARACTERS, getsizeof=attrgetter("length"))

    def read(self, schema: GraphQLSchema, text: str, tokens: int | None) -> Document:
        """The document of a text; GraphQLSyntaxError if it is invalid or has more than `tokens`."""
        if text not in self._remembered:
            document = Document(schema, parse(text, max_tokens=tokens), len(text))
            if len(text) > MAX_CACHE_CHARACTERS:
                return document
            self._remembered[text] = document
        return self._remembered[text]
