"""Rules of scopes: payments, dates, progress and reviews."""

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
    PaymentTrigger,
    ScopeStatus,
)

PAYABLE_WITHIN = timedelta(days=7)
"""Time between the trigger of a payment and its due date."""
REMEDIATION_AT_MOST = timedelta(days=7)
"""Maximum length of a remediation cycle."""
REASON_AT_LEAST = 20
"""Minimum length of a rejection's reason in characters."""

# Wording of the reference documents: first in the payment terms, then on the payment.
_WORDING = {
    PaymentTrigger.SCOPE_CONFIRMED: ("on confirmation", "upfront on scope confirmation"),
    PaymentTrigger.CYCLE_ACCEPTED: ("on acceptance of a cycle", "on acceptance of a cycle"),
    PaymentTrigger.FINAL_ACCEPTANCE: ("on final acceptance", "on final acceptance"),
}
# Neither a proposal nor a cancelled scope can be late.
_PROMISED = frozenset({ScopeStatus.ACTIVE, ScopeStatus.COMPLETED})
_ONCE = (PaymentTrigger.SCOPE_CONFIRMED, PaymentTrigger.FINAL_ACCEPTANCE)
_RUNNING_CYCLE = frozenset({CycleStatus.PLANNED, CycleStatus.IN_PROGRESS, CycleStatus.IN_REVIEW})


@dataclass(frozen=True)
class PaymentMilestone:
    """An instalment: `percent` of a scope's price, due on `trigger`."""

    key: str
    trigger: PaymentTrigger
    percent: Decimal

    @property
    def description(self) -> str:
        """Description of the payment: `50% upfront on scope confirmation`."""
        return f"{trimmed(self.percent):f}% {_WORDING[self.trigger][1]}"


@dataclass(frozen=True)
class PromisedDeliverable:
    """A proposed deliverable and its acceptance criteria."""

    title: str
    description: str
    acceptance_criteria: list[str]


@dataclass(frozen=True)
class PlannedCycle:
    """A proposed cycle: its first day, its length in weeks, and its deliverables."""

    name: str
    planned_start: date
    weeks: int
    deliverables: list[PromisedDeliverable]

    @property
    def planned_end(self) -> date:
        """The last day, inclusive."""
        return planned_end(self.planned_start, self.weeks)


@dataclass(frozen=True)
class Evidence:
    """A link as evidence for or against a criterion, or the whole deliverable if `criterion_key` is None."""

    label: str
    url: str
    criterion_key: str | None = None


@dataclass(frozen=True)
class CapacityNeed:
    """Expected demand of an outcome: talent hours per week, from a day on."""

    hours_per_week: Decimal
    needed_from: date


@dataclass(frozen=True, slots=True)
class ScopeSummary:
    """A scope compared with its request."""

    deliverables: int
    cycles: int
    timeline_weeks: int
    fixed_price: Money
    within_budget: bool | None
    within_timeline: bool | None


@dataclass(frozen=True, slots=True)
class ScopeProgress:
    """Progress of a scope: deliverables by status, rejections, and days late."""

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
"""Default schedule: 50 % on confirmation, 50 % on final acceptance."""


def schedule_adds_up(schedule: Sequence[PaymentMilestone]) -> bool:
    """Whether the milestones add up to 100 %."""
    return sum(milestone.percent for milestone in schedule) == 100


def schedule_flaw(schedule: Sequence[PaymentMilestone], cycles: int) -> str | None:
    """The fault of a schedule with this number of delivery cycles, as a sentence, or None."""
    triggers = [milestone.trigger for milestone in schedule]
    if not schedule_adds_up(schedule):
        return f"The milestones add up to {sum(one.percent for one in schedule)} %; they must add up to 100 %."
    if len({milestone.key for milestone in schedule}) < len(schedule):
        return "Milestone keys must be unique."
    if any(triggers.count(one) != 1 for one in _ONCE):
        return "Exactly one milestone must have the trigger SCOPE_CONFIRMED and exactly one FINAL_ACCEPTANCE."
    if triggers.count(PaymentTrigger.CYCLE_ACCEPTED) > cycles:
        return f"The schedule has more CYCLE_ACCEPTED milestones than the scope has cycles ({cycles})."
    return None


def payment_terms(schedule: Sequence[PaymentMilestone]) -> str:
    """The schedule as text: `50% on confirmation, 50% on final acceptance`."""
    return ", ".join(f"{trimmed(one.percent):f}% {_WORDING[one.trigger][0]}" for one in schedule)


def payment_amounts(price: Decimal, schedule: Sequence[PaymentMilestone]) -> list[Decimal]:
    """The price split to the cent, in the schedule's order; the last milestone receives the remainder."""
    amounts: list[Decimal] = []
    left = half_up(price, 2)
    for milestone in schedule[:-1]:
        # If the price is only a few cents, rounding up could exceed it.
        amounts.append(min(half_up(price * milestone.percent / 100, 2), left))
        left -= amounts[-1]
    return [*amounts, left]


def payment_due_at(released_at: datetime) -> datetime:
    """Due date: midnight UTC, seven days after the day of the trigger."""
    return datetime.combine(released_at.astimezone(UTC).date() + PAYABLE_WITHIN, time(), UTC)


def planned_end(planned_start: date, weeks: int) -> date:
    """The last day of `weeks` weeks from `planned_start`."""
    return planned_start + timedelta(days=7 * weeks - 1)


def timeline_weeks(first_day: date, last_day: date) -> int:
    """The number of weeks from the first to the last planned day, rounded up."""
    return -(-(last_day - first_day + timedelta(days=1)) // timedelta(days=7))


def days_left(first_day: date, last_day: date, today: date) -> tuple[int, int]:
    """The number of planned days and of remaining days; all remain until the first day is over."""
    planned = (last_day - first_day).days + 1
    return planned, min(planned, max((last_day - today).days + 1, 0))


def remediation_end(planned_start: date, parent_start: date, parent_end: date) -> date:
    """The last day of a remediation cycle: as long as its parent cycle, at most seven days."""
    length = min(parent_end - parent_start + timedelta(days=1), REMEDIATION_AT_MOST)
    return planned_start + length - timedelta(days=1)


def cycles_in_order(spans: Sequence[tuple[date, date]]) -> bool:
    """Whether cycles, given by first and last day, are in order and do not overlap."""
    forwards = all(first <= last for first, last in spans)
    return forwards and all(earlier[1] < later[0] for earlier, later in pairwise(spans))


def cycle_overdue(status: str, planned_end: date, today: date) -> bool:
    """Whether a cycle has not ended although its last planned day is over."""
    return status in _RUNNING_CYCLE and planned_end < today


def percent_accepted(accepted: int, total: int) -> Decimal:
    """Percentage of accepted deliverables, one decimal; 0 if there are none."""
    return ratio_percent(Decimal(accepted), Decimal(total)) or Decimal("0.0")


def days_late(planned_end: date, on: date) -> int:
    """Whole days by which `on` (today or the day of completion) is after the planned end."""
    return max((on - planned_end).days, 0)


def scope_days_late(status: str, planned_end: date | None, until: datetime) -> int:
    """Whole days by which a scope is late at `until`: its completion, or now if it is active."""
    if planned_end is None or status not in _PROMISED:
        return 0
    return days_late(planned_end, until.astimezone(UTC).date())


def within_budget(price: Decimal, budget: Decimal | None) -> bool | None:
    """Whether the price is within the request's budget; None if it has no budget."""
    return None if budget is None else price <= budget


def within_timeline(weeks: int, at_most: int | None) -> bool | None:
    """Whether the weeks are within the request's timeline; None if it has no limit."""
    return None if at_most is None else weeks <= at_most


def review_age_hours(status: str, ready_at: datetime | None, now: datetime) -> Decimal | None:
    """Hours since a deliverable became ready for acceptance, one decimal; None in another status."""
    if status != DeliverableStatus.READY_FOR_ACCEPTANCE or ready_at is None:
        return None
    return half_up(Decimal((now - ready_at) // timedelta(seconds=1)) / 3600, 1)


def rejection_is_precise(reason: str, unmet_criteria: Sequence[str]) -> bool:
    """Whether a rejection is specific enough: a reason of 20 characters and an unmet criterion."""
    return len(reason.strip()) >= REASON_AT_LEAST and bool(unmet_criteria)
