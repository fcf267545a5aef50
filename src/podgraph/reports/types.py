"""GraphQL types of spend."""

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
    "Charges and payments of a month.",
    period="Month, e.g. 2026-04.",
    accrued="Charges of the month: subscriptions prorated by day, payments that became due, and usage.",
    paid="Payments of fixed-price scopes received in the month. Subscriptions are invoiced separately.",
)
register_type(
    rules.SpendByProductLine,
    "Charges of a product line.",
    product_line="Product line.",
    total="Charges in the requested months.",
)


HowMany = Annotated[
    int, strawberry.argument(description=f"Number of service lines, 1 to {MAX_PAGE_SIZE}. Default: {DEFAULT_FIRST}.")
]


@strawberry.type(description="Charges of a service line.")
class SpendByServiceLine:
    service_line: ServiceLine = one("service_line_id", "Service line.")
    total: Money = field("Charges in the requested months.")


@strawberry.type(description="Charges of an organization over a range of months, and its outstanding amounts.")
class SpendSummary:
    total: Money = field(
        "Charges up to today: monthly prices prorated by day, payments of fixed-price scopes in the month in which"
        " they are due, and usage. Equals the sum over the months, the product lines and the service lines, to the"
        " cent."
    )
    committed_monthly: Money = field("Current total of the monthly prices of active and paused service lines.")
    outstanding: Money = field("Total of due payments now, independent of the requested months.")
    overdue: Money = field("Part of `outstanding` that is past its due date.")
    by_month: list[rules.SpendBucket] = field("All requested months in order, including months without charges.")
    by_product_line: list[rules.SpendByProductLine] = field("Product lines with charges, highest total first.")

    @strawberry.field(
        description="Service lines with charges, highest total first.",
        metadata=sized(Items(DEFAULT_FIRST, ("first",), MAX_PAGE_SIZE)),
    )
    def by_service_line(self: Any, first: HowMany = DEFAULT_FIRST) -> list[SpendByServiceLine]:
        if not 1 <= first <= MAX_PAGE_SIZE:
            raise BadUserInput(f"first is {first}: must be 1 to {MAX_PAGE_SIZE}")
        dearest: list[SpendByServiceLine] = self.by_service_line[:first]
        return dearest
