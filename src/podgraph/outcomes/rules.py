"""Sums and judgements about scopes: payments, dates, progress and reviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

from podgraph.kernel.money import Money
from podgraph.kernel.rounding import half_up, ratio_percent, trimmed
from podgraph.outcomes.lifecycle import (
    CycleStatus,
    DeliverableStatus,
    PaymentStatus,
    PaymentTrigger,
    ScopeStatus,
)

PAYABLE_WITHIN = timedelta(days=7)
"""From the day that releases a payment to the day it is due."""
REMEDIATION_AT_MOST = timedelta(days=7)
"""The longest that a remediation cycle is planned for."""
REASON_AT_LEAST = 20
"""Characters that a rejection's reason has at the least."""

# How the documents say it: first in the payment terms, then on the payment itself.
_WORDING = {
    PaymentTrigger.SCOPE_CONFIRMED: ("on confirmation", "upfront on scope confirmation"),
    PaymentTrigger.CYCLE_ACCEPTED: ("on acceptance of a cycle", "on acceptance of a cycle"),
    PaymentTrigger.FINAL_ACCEPTANCE: ("on final acceptance", "on final acceptance"),
}
# A proposal promises nothing yet, and what was given up can be late no more.
_PROMISED = frozenset({ScopeStatus.ACTIVE, ScopeStatus.COMPLETED})
_ONCE = (PaymentTrigger.SCOPE_CONFIRMED, PaymentTrigger.FINAL_ACCEPTANCE)
_RUNNING_CYCLE = frozenset({CycleStatus.PLANNED, CycleStatus.IN_PROGRESS, CycleStatus.IN_REVIEW})


@dataclass(frozen=True)
class PaymentMilestone:
    """`percent` of a scope's price, released by `trigger`."""

    key: str
    trigger: PaymentTrigger
    percent: Decimal

    @property
    def description(self) -> str:
        """As the payment says it: `50% upfront on scope confirmation`."""
        return f"{trimmed(self.percent):f}% {_WORDING[self.trigger][1]}"


@dataclass(frozen=True)
class PromisedDeliverable:
    """What a proposal promises to deliver, and the criteria that it will be accepted by."""

    title: str
    description: str
    acceptance_criteria: list[str]


@dataclass(frozen=True)
class PlannedCycle:
    """A cycle as it is proposed: whole weeks from its first day, and what is delivered in them."""

    name: str
    planned_start: date
    weeks: int
    deliverables: list[PromisedDeliverable]

    @property
    def planned_end(self) -> date:
        """Its last day, included."""
        return planned_end(self.planned_start, self.weeks)


@dataclass(frozen=True)
class Evidence:
    """A link that shows that a criterion is met, or that it is not; None speaks of the whole deliverable."""

    label: str
    url: str
    criterion_key: str | None = None


@dataclass(frozen=True)
class CapacityNeed:
    """What an outcome is expected to need of people: hours per week, from a day on."""

    hours_per_week: Decimal
    needed_from: date


@dataclass(frozen=True, slots=True)
class ScopeSummary:
    """What a scope proposes, beside what its request asked for."""

    deliverables: int
    cycles: int
    timeline_weeks: int
    fixed_price: Money
    within_budget: bool | None
    within_timeline: bool | None


@dataclass(frozen=True, slots=True)
class ScopeProgress:
    """How far a scope is: its deliverables by status, its rejections, its days behind the plan."""

    accepted: int
    ready_for_acceptance: int
    rejected_times: int
    total: int
    percent_accepted: Decimal
    days_late: int


DEFAULT_SCHEDULE = (
    PaymentMilestone("upfront", PaymentTrigger.SCOPE_CONFIRMED, Decimal(50)),
    PaymentMilestone("final", PaymentTrigger.FINAL_ACCEPTANCE, Decimal(50)),
)
"""Half on confirmation, half on final acceptance."""


def schedule_adds_up(schedule: Sequence[PaymentMilestone]) -> bool:
    """Whether the milestones are the whole price, no more and no less."""
    return sum(milestone.percent for milestone in schedule) == 100


def schedule_flaw(schedule: Sequence[PaymentMilestone], cycles: int) -> str | None:
    """What is wrong with a schedule over so many delivery cycles, as a sentence; None where nothing is."""
    triggers = [milestone.trigger for milestone in schedule]
    if not schedule_adds_up(schedule):
        return f"The milestones are {sum(one.percent for one in schedule)} % of the price, not 100 %."
    if len({milestone.key for milestone in schedule}) < len(schedule):
        return "Two milestones have the same key."
    if any(triggers.count(one) != 1 for one in _ONCE):
        return "One milestone is due on confirmation and one on final acceptance, no more and no less."
    if triggers.count(PaymentTrigger.CYCLE_ACCEPTED) > cycles:
        return f"More milestones wait for the acceptance of a cycle than there are cycles: {cycles}."
    return None


def payment_terms(schedule: Sequence[PaymentMilestone]) -> str:
    """The schedule in a sentence: `50% on confirmation, 50% on final acceptance`."""
    return ", ".join(f"{trimmed(one.percent):f}% {_WORDING[one.trigger][0]}" for one in schedule)


def payment_amounts(price: Decimal, schedule: Sequence[PaymentMilestone]) -> list[Decimal]:
    """The price split to the cent, in the schedule's order; the last milestone takes what is left."""
    amounts: list[Decimal] = []
    left = half_up(price, 2)
    for milestone in schedule[:-1]:
        # Of a few cents, rounding up could give away more than there is.
        amounts.append(min(half_up(price * milestone.percent / 100, 2), left))
        left -= amounts[-1]
    return [*amounts, left]


def payment_due_at(released_at: datetime) -> datetime:
    """Midnight UTC, seven days after the day that released the payment."""
    return datetime.combine(released_at.astimezone(UTC).date() + PAYABLE_WITHIN, time(), UTC)


def payment_overdue(status: str, due_at: datetime | None, now: datetime) -> bool:
    """Whether a payment should have arrived and has not."""
    return status == PaymentStatus.DUE and due_at is not None and due_at < now


def planned_end(planned_start: date, weeks: int) -> date:
    """The last day of `weeks` weeks that begin on `planned_start`."""
    return planned_start + timedelta(days=7 * weeks - 1)


def timeline_weeks(first_day: date, last_day: date) -> int:
    """The weeks from the first to the last planned day; one that has begun counts."""
    return -(-(last_day - first_day + timedelta(days=1)) // timedelta(days=7))


def days_left(first_day: date, last_day: date, today: date) -> tuple[int, int]:
    """The planned days, and those of them that are left; all of them until the first one is over."""
    planned = (last_day - first_day).days + 1
    return planned, min(planned, max((last_day - today).days + 1, 0))


def remediation_end(planned_start: date, parent_start: date, parent_end: date) -> date:
    """The last day of a remediation: as long as its parent was planned for, at most seven days."""
    length = min(parent_end - parent_start + timedelta(days=1), REMEDIATION_AT_MOST)
    return planned_start + length - timedelta(days=1)


def cycles_in_order(spans: Sequence[tuple[date, date]]) -> bool:
    """Whether cycles, each a first and a last day, follow one another without overlapping."""
    forwards = all(first <= last for first, last in spans)
    return forwards and all(earlier[1] < later[0] for earlier, later in pairwise(spans))


def cycle_overdue(status: str, planned_end: date, today: date) -> bool:
    """Whether a cycle has not ended though its last planned day is over."""
    return status in _RUNNING_CYCLE and planned_end < today


def percent_accepted(accepted: int, total: int) -> Decimal:
    """Accepted deliverables as a percentage of all, one decimal; 0 of 0 is 0."""
    return ratio_percent(Decimal(accepted), Decimal(total)) or Decimal("0.0")


def days_late(planned_end: date, on: date) -> int:
    """Whole days that `on` (today, or the day of completion) lies behind the planned end."""
    return max((on - planned_end).days, 0)


def scope_days_late(status: str, planned_end: date | None, until: datetime) -> int:
    """Whole days that a scope is late at `until`: its completion, or now while it is being delivered."""
    if planned_end is None or status not in _PROMISED:
        return 0
    return days_late(planned_end, until.astimezone(UTC).date())


def within_budget(price: Decimal, budget: Decimal | None) -> bool | None:
    """Whether the price is at most the request's budget; None where it names none."""
    return None if budget is None else price <= budget


def within_timeline(weeks: int, at_most: int | None) -> bool | None:
    """Whether the weeks are at most those the request allows; None where it names none."""
    return None if at_most is None else weeks <= at_most


def review_age_hours(status: str, ready_at: datetime | None, now: datetime) -> Decimal | None:
    """Hours that a deliverable has waited for its review, one decimal; None unless it waits."""
    if status != DeliverableStatus.READY_FOR_ACCEPTANCE or ready_at is None:
        return None
    return half_up(Decimal((now - ready_at) // timedelta(seconds=1)) / 3600, 1)


def rejection_is_precise(reason: str, unmet_criteria: Sequence[str]) -> bool:
    """Whether a rejection says enough to work with: a reason of 20 characters and an unmet criterion."""
    return len(reason.strip()) >= REASON_AT_LEAST and bool(unmet_criteria)
