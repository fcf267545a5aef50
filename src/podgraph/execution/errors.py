"""What the level-at-a-time executor leaves to graphql-core."""


class FallbackRequired(Exception):
    """Something that only graphql-core's own path answers as the specification has it."""
