"""Mutations of accounts."""

import strawberry

from podgraph.accounts.mutations.organizations import OrganizationMutation
from podgraph.accounts.mutations.people import PeopleMutation
from podgraph.accounts.mutations.projects import ProjectMutation
from podgraph.accounts.mutations.subscriptions import SubscriptionMutation
from podgraph.accounts.mutations.talent import TalentMutation


@strawberry.type
class AccountsMutation(OrganizationMutation, PeopleMutation, ProjectMutation, SubscriptionMutation, TalentMutation):
    """All mutations of this slice."""
