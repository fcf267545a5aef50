"""Errors of level-by-level execution."""


class FallbackRequired(Exception):
    """The root field must be executed by graphql-core, whose result follows the specification."""
