"""Mutations of outcome requests, scopes, cycles, deliverables and payments."""

import strawberry

from podgraph.outcomes.mutations.delivery import DeliveryMutation
from podgraph.outcomes.mutations.payments import PaymentMutation
from podgraph.outcomes.mutations.requests import RequestMutation
from podgraph.outcomes.mutations.scopes import ScopeMutation


@strawberry.type
class OutcomesMutation(RequestMutation, ScopeMutation, DeliveryMutation, PaymentMutation):
    pass
