"""Mutations of accounts."""

import strawberry

from podgraph.accounts.mutations.organizations import OrganizationMutation


@strawberry.type
class AccountsMutation(OrganizationMutation):
    """All mutations of this slice."""
