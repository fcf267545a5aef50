"""Tables of transitions: what may be done to a record, by whom, from where, and why not.

One table per entity is the only source for the guards of the mutations, for `availableActions`
and for the state diagrams.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from podgraph.kernel.enums import DescribedEnum
from podgraph.kernel.errors import ErrorCode, Refusal

Guard = Callable[[Any, datetime], Refusal | None]
"""Looks at a record (its columns as attributes) at a time; None lets the transition pass."""

PersonGuard = Callable[[Any, Collection[str], str | None], Refusal | None]
"""Looks at a record, and at the roles and the id of the person who asks; None lets them pass."""

CREATES: frozenset[DescribedEnum] = frozenset()
"""The sources of a transition that brings a record into being."""

AUTOMATIC: frozenset[DescribedEnum] = frozenset()
"""The roles of a transition that nobody asks for: it follows from something else."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: `mutation` takes a record from one of `sources` to `target` (None: it stays).

    `roles` are those that may ask for it; `guards` are asked in order after status and roles, and last
    `persons`, where it is a matter of who exactly asks. A row
    without sources brings the record into being. A row without roles is what follows by itself, and
    `mutation` names its cause.
    """

    mutation: str
    sources: frozenset[DescribedEnum]
    target: DescribedEnum | None
    roles: frozenset[DescribedEnum]
    guards: tuple[Guard, ...] = ()
    persons: tuple[PersonGuard, ...] = ()

    @property
    def codes(self) -> frozenset[ErrorCode]:
        """The codes by which a record's status refuses it; guards have codes of their own."""
        others = frozenset(status for one in self.sources for status in type(one)) - self.sources
        done = {ErrorCode.ALREADY_DONE} if self.target in others else set()
        return frozenset(done | ({ErrorCode.INVALID_TRANSITION} if others - {self.target} else set()))

    def refusal(self, record: Any, roles: Collection[str], now: datetime, user_id: str | None = None) -> Refusal | None:
        """Why it can not be done to `record` now by a person with `roles`; None where it can."""
        no = self.forbidden(roles) or self.blocked(record, now)
        return no or next((no for guard in self.persons if (no := guard(record, roles, user_id))), None)

    def forbidden(self, roles: Collection[str]) -> Refusal | None:
        """Why somebody with `roles` may not ask for it, whatever the record."""
        if self.roles.isdisjoint(roles):
            return Refusal(ErrorCode.FORBIDDEN, f"{self.mutation} needs one of {_listed(self.roles)}.")
        return None

    def blocked(self, record: Any, now: datetime) -> Refusal | None:
        """Why it can not be done to `record` now, whoever asks."""
        if record.status in self.sources:
            return next((no for guard in self.guards if (no := guard(record, now))), None)
        if record.status == self.target:
            return Refusal(ErrorCode.ALREADY_DONE, f"It is {record.status} already.")
        return Refusal(
            ErrorCode.INVALID_TRANSITION,
            f"{self.mutation} is possible from {_listed(self.sources)}, not from {record.status}.",
        )


@dataclass(frozen=True, slots=True)
class AvailableAction:
    """What a mutation would say to a record now."""

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
    """Every transition of `table` that somebody can ask for, as it stands for `record`, in its order."""
    return [
        AvailableAction(row.mutation, no is None, no.code if no else None, no.reason if no else None)
        for row in table
        if row.sources and row.roles
        for no in [row.refusal(record, roles, now, user_id)]
    ]


def _listed(terms: Collection[str]) -> str:
    return ", ".join(sorted(terms))
