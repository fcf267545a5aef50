"""Spend of an organization: charges, payments and outstanding amounts, to the cent.

    accrued = subscriptions, per day, up to today
            + payments of fixed scopes, in the month that they are due
            + usage, in the month that it happened

Every sum is made from the same accruals, so that the months, the product lines and the service
lines each add up to the total.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import TypeVar

from podgraph.kernel.money import Money
from podgraph.kernel.periods import Period
from podgraph.outcomes.lifecycle import PaymentStatus
from podgraph.service_lines.lifecycle import BillingModel, ProductLine, ServiceLineStatus
from podgraph.service_lines.rules import prorated_cost

BILLED_BY_MONTH = frozenset({BillingModel.SUBSCRIPTION, BillingModel.USAGE_PLUS_SUBSCRIPTION})
"""Billing models that accrue a monthly price."""
BILLED_BY_USE = frozenset({BillingModel.TIME_AND_MATERIALS, BillingModel.USAGE, BillingModel.USAGE_PLUS_SUBSCRIPTION})
"""Billing models that accrue metered usage."""
PAYABLE = frozenset({PaymentStatus.DUE, PaymentStatus.PAID})
"""Statuses of payments that accrue; scheduled and void payments are not owed."""
COMMITTED = frozenset({ServiceLineStatus.ACTIVE, ServiceLineStatus.PAUSED})
"""Statuses of lines with a running monthly price; a paused line keeps its team and its price."""

Group = TypeVar("Group")


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge of a service line."""

    service_line_id: str
    product_line: ProductLine

    def accruals(self, months: Sequence[Period], today: date) -> Iterator[tuple[Period, Decimal]]:
        """The amount of the charge by month."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Subscription(Charge):
    """A monthly price, from the first to the last day of a line, inclusive."""

    monthly_price: Decimal
    status: ServiceLineStatus
    started_at: datetime
    ended_at: datetime | None

    def accruals(self, months: Sequence[Period], today: date) -> Iterator[tuple[Period, Decimal]]:
        until = min(self.ended_at.date(), today) if self.ended_at else today
        for month in months:
            first = max(month.first_day, self.started_at.date())
            last = min(month.next.first_day - timedelta(days=1), until)
            yield month, prorated_cost(self.monthly_price, first, last)


@dataclass(frozen=True, slots=True)
class Milestone(Charge):
    """A due or paid payment of a fixed-price scope."""

    amount: Decimal
    status: PaymentStatus
    due_at: datetime
    paid_at: datetime | None

    def accruals(self, months: Sequence[Period], today: date) -> Iterator[tuple[Period, Decimal]]:
        yield Period.of(self.due_at.date()), self.amount


@dataclass(frozen=True, slots=True)
class Use(Charge):
    """Metered usage of a line in a month."""

    cost: Decimal
    month: Period

    def accruals(self, months: Sequence[Period], today: date) -> Iterator[tuple[Period, Decimal]]:
        yield self.month, self.cost


@dataclass(frozen=True, slots=True)
class SpendBucket:
    """Charges and payments of a month."""

    period: Period
    accrued: Money
    paid: Money


@dataclass(frozen=True, slots=True)
class SpendByProductLine:
    """Charges of a product line."""

    product_line: ProductLine
    total: Money


@dataclass(frozen=True, slots=True)
class SpendByServiceLine:
    """Charges of a service line."""

    service_line_id: str
    total: Money


@dataclass(frozen=True, slots=True)
class SpendSummary:
    """Charges over a range of months and outstanding amounts; product and service lines by total, descending."""

    total: Money
    committed_monthly: Money
    outstanding: Money
    overdue: Money
    by_month: list[SpendBucket]
    by_product_line: list[SpendByProductLine]
    by_service_line: list[SpendByServiceLine]


def spend(charges: Collection[Charge], currency: str, months: Sequence[Period], now: datetime) -> SpendSummary:
    """Summarize an organization's charges over consecutive `months`, up to now."""
    wanted = frozenset(months)
    accruals = [
        (charge, month, amount)
        for charge in charges
        for month, amount in charge.accruals(months, now.date())
        if month in wanted and amount
    ]
    milestones = [charge for charge in charges if isinstance(charge, Milestone)]
    due = [each for each in milestones if each.status == PaymentStatus.DUE]

    def money(amounts: Iterable[Decimal]) -> Money:
        return Money(sum(amounts, Decimal("0.00")), currency)

    def dearest_first(group_of: Callable[[Charge], Group]) -> list[tuple[Group, Money]]:
        groups: dict[Group, list[Decimal]] = defaultdict(list)
        for charge, _, amount in accruals:
            groups[group_of(charge)].append(amount)
        totals = [(group, money(amounts)) for group, amounts in groups.items()]
        return sorted(totals, key=lambda each: (-each[1].amount, str(each[0])))

    return SpendSummary(
        total=money(amount for _, _, amount in accruals),
        committed_monthly=money(
            charge.monthly_price
            for charge in charges
            if isinstance(charge, Subscription) and charge.status in COMMITTED
        ),
        outstanding=money(each.amount for each in due),
        overdue=money(each.amount for each in due if each.due_at < now),
        by_month=[
            SpendBucket(
                month,
                accrued=money(amount for _, of, amount in accruals if of == month),
                paid=money(
                    each.amount for each in milestones if each.paid_at and Period.of(each.paid_at.date()) == month
                ),
            )
            for month in months
        ],
        by_product_line=[SpendByProductLine(*each) for each in dearest_first(attrgetter("product_line"))],
        by_service_line=[SpendByServiceLine(*each) for each in dearest_first(attrgetter("service_line_id"))],
    )
