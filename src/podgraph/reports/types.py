"""Spend in the graph."""

from typing import Annotated, Any

import strawberry

from podgraph.graphql.descriptions import Items, field, register_type, sized
from podgraph.graphql.pagination import DEFAULT_FIRST, MAX_PAGE_SIZE
from podgraph.graphql.relationships import one
from podgraph.kernel.errors import BadUserInput
from podgraph.kernel.money import Money
from podgraph.reports import rules
from podgraph.service_lines.types import ServiceLine

register_type(
    rules.SpendBucket,
    "What one month was charged, and what was paid in it.",
    period="The month: 2026-04.",
    accrued="Charged for the month: subscriptions by the day, payments due in it, usage in it.",
    paid="Payments of fixed scopes received in the month; subscriptions are invoiced elsewhere.",
)
register_type(
    rules.SpendByProductLine,
    "What one product line was charged.",
    product_line="The product line.",
    total="Charged for it over the months asked for.",
)


HowMany = Annotated[
    int, strawberry.argument(description=f"How many, 1 to {MAX_PAGE_SIZE}; {DEFAULT_FIRST} unless told.")
]


@strawberry.type(description="What one service line was charged.")
class SpendByServiceLine:
    service_line: ServiceLine = one("service_line_id", "The service line.")
    total: Money = field("Charged for it over the months asked for.")


@strawberry.type(description="What an organization was charged over some months, and what it owes now.")
class SpendSummary:
    total: Money = field(
        "Charged over the months, up to today: the monthly price of subscriptions by the day, payments of"
        " fixed scopes in the month that they are due, and usage. It equals the sum of the months, of the"
        " product lines and of the service lines, to the cent."
    )
    committed_monthly: Money = field("The monthly price of all active and paused subscriptions, as of now.")
    outstanding: Money = field("Payments that are due now, whatever the months asked for.")
    overdue: Money = field("The part of what is outstanding whose due time has passed.")
    by_month: list[rules.SpendBucket] = field("Every month asked for, in order, those without a charge too.")
    by_product_line: list[rules.SpendByProductLine] = field("Product lines with a charge, the dearest first.")

    @strawberry.field(
        description="Service lines with a charge, the dearest first.",
        metadata=sized(Items(DEFAULT_FIRST, ("first",), MAX_PAGE_SIZE)),
    )
    def by_service_line(self: Any, first: HowMany = DEFAULT_FIRST) -> list[SpendByServiceLine]:
        if not 1 <= first <= MAX_PAGE_SIZE:
            raise BadUserInput(f"first is {first}: ask for 1 to {MAX_PAGE_SIZE} service lines")
        dearest: list[SpendByServiceLine] = self.by_service_line[:first]
        return dearest
