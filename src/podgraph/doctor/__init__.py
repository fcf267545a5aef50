"""Doctor: recomputes every invariant from the data."""
