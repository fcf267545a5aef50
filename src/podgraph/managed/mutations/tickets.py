"""The mutations of tickets."""

import strawberry


@strawberry.type
class TicketMutation:
    pass
