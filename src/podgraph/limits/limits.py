"""Limits of one request."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of a request, which are checked before a resolver runs.

    `cost` is in points, a point for each record that may be loaded. `seconds` is the deadline of
    an operation, `body_seconds` that of a body's arrival; `body` counts bytes.
    """

    cost: int = 10_000
    depth: int = 15
    aliases: int = 30
    root_fields: int = 20
    mutations: int = 10
    tokens: int = 5_000
    body: int = 256 * 1024
    seconds: float = 15.0
    body_seconds: float = 10.0
    selections: int = 5_000
    """Selections after every fragment is expanded where it is spread."""
    nesting: int = 40
    """Selection sets and fragments within each other, whether they name a field or not."""
    max_field_repeats: int = 20
    """Repetitions of a field in one place, which validation compares pair by pair."""
    directives: int = 50
    operations: int = 5
    variables: int = 100
    text: int = 10_000
    """Characters of a value."""
    items: int = 500
    """Values in a list."""
    value_depth: int = 24
    digits: int = 400
    errors: int = 10
    """Errors in one response."""
