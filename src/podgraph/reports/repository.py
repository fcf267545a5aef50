"""Reads spend: the charges of all requested organizations in one statement."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Date,
    Text,
    and_,
    cast,
    extract,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from podgraph.accounts.repository import ORGANIZATIONS
from podgraph.database.read_model import KEYS, Reader, among
from podgraph.database.tenancy import Tenancy
from podgraph.kernel.errors import BadUserInput
from podgraph.kernel.periods import Period, months_between
from podgraph.outcomes.lifecycle import PaymentStatus
from podgraph.outcomes.repository import PAYMENTS
from podgraph.reports import rules
from podgraph.service_lines.lifecycle import ProductLine, ServiceLineStatus
from podgraph.service_lines.repository import SERVICE_LINES, USAGE_RECORDS

LONGEST_RANGE = 120
"""Maximum number of months: ten years."""


async def spend(reader: Reader, keys: Sequence[str], *, from_: Period, to: Period) -> dict[str, rules.SpendSummary]:
    """Load the spend of organizations from the first month of `from_` to the last month of `to`."""
    months = months_between(from_, to)
    if not 1 <= len(months) <= LONGEST_RANGE:
        raise BadUserInput(f"from {from_} to {to} is {max(len(months), 0)} months; allowed: 1 to {LONGEST_RANGE}")
    organization = ORGANIZATIONS.source()
    charges = _charges(reader.tenancy, months).subquery()
    statement = (
        select(organization["id"], organization["currency"], *charges.c)
        .select_from(organization.table.outerjoin(charges, charges.c.organization_id == organization["id"]))
        .where(among(organization["id"], KEYS), *organization.tenant_filter(reader.tenancy))
        .order_by(charges.c.service_line_id)
    )
    found: dict[tuple[str, str], list[rules.Charge]] = defaultdict(list)
    for row in await reader.rows(statement, keys=keys):
        of_organization = found[row.id, row.currency]
        if row.kind is not None:
            of_organization.append(_MAKE[row.kind](row))
    return {key: rules.spend(charges, currency, months, reader.now) for (key, currency), charges in found.items()}


def _charges(tenancy: Tenancy, months: Sequence[Period]) -> CompoundSelect[Any]:
    """Subscriptions, payments and usage of the months, and payments outstanding now."""
    line, payment, usage = SERVICE_LINES.source(), PAYMENTS.source(), USAGE_RECORDS.source()
    first, end = months[0], months[-1].next
    never, no_day = cast(null(), payment["due_at"].type), cast(null(), Date)
    subscriptions = select(
        literal("SUBSCRIPTION").label("kind"),
        line["organization_id"].label("organization_id"),
        line["id"].label("service_line_id"),
        line["product_line"].label("product_line"),
        line["status"].label("status"),
        line["monthly_price"].label("amount"),
        line["started_at"].label("since"),
        line["ended_at"].label("until"),
        no_day.label("day"),
    ).where(
        among(line["organization_id"], KEYS),
        *line.tenant_filter(tenancy),
        line["billing_model"].in_(rules.BILLED_BY_MONTH),
        line["monthly_price"].is_not(None),
        line["started_at"].is_not(None),
    )
    payments = (
        select(
            literal("PAYMENT"),
            payment["organization_id"],
            line["id"],
            line["product_line"],
            payment["status"],
            payment["amount"],
            payment["due_at"],
            payment["paid_at"],
            no_day,
        )
        .join_from(payment.table, line.table, line["id"] == payment["service_line_id"])
        .where(
            among(payment["organization_id"], KEYS),
            *payment.tenant_filter(tenancy),
            payment["status"].in_(rules.PAYABLE),
            or_(
                payment["status"] == PaymentStatus.DUE,
                and_(payment["due_at"] >= first.start, payment["due_at"] < end.start),
                and_(payment["paid_at"] >= first.start, payment["paid_at"] < end.start),
            ),
        )
    )
    metered = [usage["organization_id"], line["id"], line["product_line"]]
    day = usage["occurred_on"]
    uses = (
        select(
            literal("USE"),
            *metered,
            cast(null(), Text),
            func.sum(usage["cost"]),
            never,
            never,
            func.min(day),
        )
        .join_from(usage.table, line.table, line["id"] == usage["service_line_id"])
        .where(
            among(usage["organization_id"], KEYS),
            *usage.tenant_filter(tenancy),
            line["billing_model"].in_(rules.BILLED_BY_USE),
            usage["cost"].is_not(None),
            day.between(first.first_day, end.first_day - timedelta(days=1)),
        )
        # The first day stands for its month: one row per line and month, independent of the number of records.
        .group_by(*metered, extract("year", day), extract("month", day))
    )
    return union_all(subscriptions, payments, uses)


_MAKE: Mapping[str, Callable[[Any], rules.Charge]] = {
    "SUBSCRIPTION": lambda row: rules.Subscription(
        row.service_line_id,
        ProductLine[row.product_line],
        row.amount,
        ServiceLineStatus[row.status],
        row.since,
        row.until,
    ),
    "PAYMENT": lambda row: rules.Milestone(
        row.service_line_id,
        ProductLine[row.product_line],
        row.amount,
        PaymentStatus[row.status],
        row.since,
        row.until,
    ),
    "USE": lambda row: rules.Use(row.service_line_id, ProductLine[row.product_line], row.amount, Period.of(row.day)),
}
