"""Podgraph: a GraphQL gateway for managed delivery."""

import gc

# The graph is some 270,000 objects that stay. Looking through them over and over again for garbage, while
# they are made, would take a seventh of the time of the import.
gc.set_threshold(300_000, 20, 50)
