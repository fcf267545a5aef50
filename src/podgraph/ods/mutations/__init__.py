"""The mutations of outcome requests, scopes, cycles, deliverables and payments."""

import strawberry

from podgraph.ods.mutations.delivery import DeliveryMutation
from podgraph.ods.mutations.payments import PaymentMutation
from podgraph.ods.mutations.requests import RequestMutation
from podgraph.ods.mutations.scopes import ScopeMutation


@strawberry.type
class OdsMutation(RequestMutation, ScopeMutation, DeliveryMutation, PaymentMutation):
    pass
