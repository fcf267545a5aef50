"""State machines as tables of transitions: which mutation, from which status, by which roles, with which guards.

The table of an entity is the single source of the checks of its mutations, of `availableActions`
and of the state diagram.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode, Refusal

Guard = Callable[[Any, datetime], Refusal | None]
"""Checks a record (its columns as attributes) at an instant; None allows the transition."""

PersonGuard = Callable[[Any, Collection[str], str | None], Refusal | None]
"""Checks a record and the roles and user id of the caller; None allows the transition."""

CREATES: frozenset[DescribedEnum] = frozenset()
"""The sources of a transition that creates a record."""

AUTOMATIC: frozenset[DescribedEnum] = frozenset()
"""The roles of an automatic transition: triggered by another mutation or by the scheduler."""


@dataclass(frozen=True, slots=True)
class Transition:
    """`mutation` moves a record from one of `sources` to `target`, or leaves its status if `target` is None.

    `roles` are the permitted roles. `guards` are checked in order after roles and status, then `persons`,
    which depend on the individual caller. A transition without sources creates the record. A transition
    without roles is automatic, and `mutation` names its cause.
    """

    mutation: str
    sources: frozenset[DescribedEnum]
    target: DescribedEnum | None
    roles: frozenset[DescribedEnum]
    guards: tuple[Guard, ...] = ()
    persons: tuple[PersonGuard, ...] = ()

    @property
    def codes(self) -> frozenset[ErrorCode]:
        """The error codes that follow from a record's status; guards have further codes."""
        others = frozenset(status for one in self.sources for status in type(one)) - self.sources
        done = {ErrorCode.ALREADY_DONE} if self.target in others else set()
        return frozenset(done | ({ErrorCode.INVALID_TRANSITION} if others - {self.target} else set()))

    def refusal(self, record: Any, roles: Collection[str], now: datetime, user_id: str | None = None) -> Refusal | None:
        """The error with which the transition of `record` is rejected for a caller with `roles`, or None."""
        refusal = self.forbidden(roles) or self.blocked(record, now)
        return refusal or next((refusal for guard in self.persons if (refusal := guard(record, roles, user_id))), None)

    def forbidden(self, roles: Collection[str]) -> Refusal | None:
        """The error for a caller without a permitted role, or None."""
        if self.roles.isdisjoint(roles):
            return Refusal(ErrorCode.FORBIDDEN, f"{self.mutation} requires one of the roles {_listed(self.roles)}.")
        return None

    def blocked(self, record: Any, now: datetime) -> Refusal | None:
        """The error that `record` causes for every caller, or None."""
        if record.status in self.sources:
            return next((refusal for guard in self.guards if (refusal := guard(record, now))), None)
        if record.status == self.target:
            return Refusal(ErrorCode.ALREADY_DONE, f"The status is already {record.status}.")
        return Refusal(
            ErrorCode.INVALID_TRANSITION,
            f"{self.mutation} requires the status {_listed(self.sources)}; the status is {record.status}.",
        )


@dataclass(frozen=True, slots=True)
class AvailableAction:
    """Whether a mutation of a record is possible now."""

    mutation: str
    enabled: bool
    blocked_by: ErrorCode | None
    reason: str | None


def available_actions(
    table: Sequence[Transition],
    record: Any,
    roles: Collection[str],
    now: datetime,
    user_id: str | None = None,
) -> list[AvailableAction]:
    """The mutations of `table`, in order, and whether each is possible for `record` now."""
    return [
        AvailableAction(
            transition.mutation,
            refusal is None,
            refusal.code if refusal else None,
            refusal.reason if refusal else None,
        )
        for transition in table
        if transition.sources and transition.roles
        for refusal in [transition.refusal(record, roles, now, user_id)]
    ]


def _listed(terms: Collection[str]) -> str:
    return ", ".join(sorted(terms))
