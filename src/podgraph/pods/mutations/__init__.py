"""Mutations of pods, scopes, SLAs and tickets."""

import strawberry

from podgraph.pods.mutations.pods import PodMutation
from podgraph.pods.mutations.sla import SlaMutation
from podgraph.pods.mutations.tickets import TicketMutation


@strawberry.type
class PodsMutation(PodMutation, SlaMutation, TicketMutation):
    pass
