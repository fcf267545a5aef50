"""What an organization is charged, has paid and owes."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from podgraph.kernel.money import Money
from podgraph.kernel.periods import Period, months_between
from podgraph.outcomes.lifecycle import PaymentStatus
from podgraph.reports.rules import Charge, Milestone, SpendSummary, Subscription, Use, spend
from podgraph.service_lines.lifecycle import ProductLine, ServiceLineStatus

NOW = datetime(2026, 5, 14, 16, tzinfo=UTC)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def subscription(price: str, **given: Any) -> Subscription:
    life: dict[str, Any] = {
        "status": ServiceLineStatus.ACTIVE,
        "started_at": at(2025, 9, 1),
        "ended_at": None,
    }
    return Subscription("LIN-26-088401", ProductLine.MANAGED_SERVICES, Decimal(price), **life | given)


def payment(amount: str, status: PaymentStatus, due: datetime, paid: datetime | None = None) -> Milestone:
    return Milestone("LIN-26-092200", ProductLine.ODS, Decimal(amount), status, due, paid)


def spent(*charges: Charge, first: str = "2026-03", last: str = "2026-05") -> SpendSummary:
    return spend(charges, "USD", months_between(Period.parse(first), Period.parse(last)), NOW)


def by_month(summary: SpendSummary) -> list[tuple[str, str, str]]:
    return [(str(month.period), str(month.accrued.amount), str(month.paid.amount)) for month in summary.by_month]


def test_a_subscription_accrues_its_price_prorated_by_day() -> None:
    summary = spent(subscription("38000.00"))
    assert by_month(summary) == [
        ("2026-03", "38000.00", "0.00"),
        ("2026-04", "38000.00", "0.00"),
        ("2026-05", "17161.29", "0.00"),
    ]
    assert summary.total == usd("93161.29")


def test_a_subscription_accrues_only_between_start_and_today() -> None:
    summary = spent(subscription("3000.00", started_at=at(2026, 4, 16)), first="2026-03", last="2026-06")
    assert by_month(summary) == [
        ("2026-03", "0.00", "0.00"),
        ("2026-04", "1500.00", "0.00"),
        ("2026-05", "1354.84", "0.00"),
        ("2026-06", "0.00", "0.00"),
    ]


def test_the_day_that_a_line_ends_is_its_last_one() -> None:
    ended = subscription("3000.00", status=ServiceLineStatus.CLOSED, ended_at=at(2026, 4, 10))
    assert spent(ended, first="2026-04", last="2026-04").total == usd("1000.00")


def test_active_and_paused_subscriptions_are_committed_month_by_month() -> None:
    lines = [subscription("1000.00", status=status) for status in ServiceLineStatus]
    assert spent(*lines).committed_monthly == usd("2000.00")


def test_a_payment_is_charged_when_due_and_paid_when_received() -> None:
    summary = spent(payment("7750.00", PaymentStatus.PAID, at(2026, 3, 29), at(2026, 4, 2)))
    assert by_month(summary) == [
        ("2026-03", "7750.00", "0.00"),
        ("2026-04", "0.00", "7750.00"),
        ("2026-05", "0.00", "0.00"),
    ]
    assert summary.outstanding == usd("0.00")


def test_outstanding_amounts_are_independent_of_the_requested_months() -> None:
    summary = spent(
        payment("7750.00", PaymentStatus.DUE, at(2026, 4, 22)),
        payment("2250.00", PaymentStatus.DUE, at(2026, 5, 20)),
        first="2025-01",
        last="2025-02",
    )
    assert (summary.total, summary.outstanding, summary.overdue) == (
        usd("0.00"),
        usd("10000.00"),
        usd("7750.00"),
    )


def test_usage_is_charged_to_its_month() -> None:
    use = Use("LIN-26-084729", ProductLine.TALENT, Decimal("4812.50"), Period(2026, 4))
    assert by_month(spent(use)) == [
        ("2026-03", "0.00", "0.00"),
        ("2026-04", "4812.50", "0.00"),
        ("2026-05", "0.00", "0.00"),
    ]


def test_charged_lines_are_ordered_by_total_descending() -> None:
    summary = spent(
        Use("LIN-26-000001", ProductLine.TALENT, Decimal("10.00"), Period(2026, 4)),
        Use("LIN-26-000002", ProductLine.ODS, Decimal("30.00"), Period(2026, 4)),
        Use("LIN-26-000003", ProductLine.TALENT, Decimal("5.00"), Period(2026, 5)),
        Use("LIN-26-000004", ProductLine.TALENT, Decimal("0.00"), Period(2026, 5)),
    )
    assert [(each.service_line_id, each.total.amount) for each in summary.by_service_line] == [
        ("LIN-26-000002", Decimal("30.00")),
        ("LIN-26-000001", Decimal("10.00")),
        ("LIN-26-000003", Decimal("5.00")),
    ]
    assert [(each.product_line, each.total.amount) for each in summary.by_product_line] == [
        (ProductLine.ODS, Decimal("30.00")),
        (ProductLine.TALENT, Decimal("15.00")),
    ]


prices = st.decimals(0, 99_999, places=2).map(str)
days = st.dates(date(2025, 1, 1), date(2026, 12, 31)).map(lambda day: at(day.year, day.month, day.day))


@given(st.lists(st.tuples(prices, days)), st.lists(st.tuples(prices, days)))
def test_months_and_lines_each_add_up_to_the_total(
    subscriptions: list[tuple[str, datetime]], payments: list[tuple[str, datetime]]
) -> None:
    summary = spent(
        *(subscription(price, started_at=day) for price, day in subscriptions),
        *(payment(amount, PaymentStatus.DUE, day) for amount, day in payments),
        first="2025-06",
        last="2026-08",
    )
    for parts in (
        [month.accrued for month in summary.by_month],
        [each.total for each in summary.by_product_line],
        [each.total for each in summary.by_service_line],
    ):
        assert sum(part.amount for part in parts) == summary.total.amount
