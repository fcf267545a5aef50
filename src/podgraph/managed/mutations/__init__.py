"""The mutations of pods, their scopes, SLAs and tickets."""

import strawberry

from podgraph.managed.mutations.pods import PodMutation
from podgraph.managed.mutations.sla import SlaMutation
from podgraph.managed.mutations.tickets import TicketMutation


@strawberry.type
class ManagedMutation(PodMutation, SlaMutation, TicketMutation):
    pass
