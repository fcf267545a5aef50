"""Podgraph: a GraphQL gateway for managed delivery."""
