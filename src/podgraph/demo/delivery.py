"""Delivery of a scope: cycles, submissions, reviews and remediation."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from podgraph.demo import capacity
from podgraph.demo.outcomes import release
from podgraph.demo.row_builder import SYSTEM, Book, Row
from podgraph.outcomes import rules
from podgraph.outcomes.lifecycle import (
    LINE_STATUS,
    CycleKind,
    CycleStatus,
    DeliverableStatus,
    PaymentTrigger,
    ScopeStatus,
)


def start(book: Book, cycle: Row, *, at: datetime, actor: str = SYSTEM) -> None:
    """A cycle begins; what was rejected into it is worked on again."""
    columns = {"status": CycleStatus.IN_PROGRESS, "started_at": at}
    book.change(at, actor, cycle, "ods.cycle.started", columns)
    for deliverable in book.where("deliverable", cycle_id=cycle["id"], status=DeliverableStatus.REJECTED):
        again = {
            "status": DeliverableStatus.IN_PROGRESS,
            "attempt": deliverable["attempt"] + 1,
            "submitted_at": None,
            "ready_at": None,
        }
        book.change(at, actor, deliverable, "ods.deliverable.started", again)


def begin(book: Book, deliverable: Row, *, at: datetime) -> None:
    """The team starts to work on a deliverable."""
    columns = {"status": DeliverableStatus.IN_PROGRESS}
    book.change(at, book.cast.delivery, deliverable, "ods.deliverable.started", columns)


def submit(book: Book, deliverable: Row, *, at: datetime, notes: str) -> None:
    """The team hands in; the last one of a cycle makes the whole cycle ready for review."""
    delivery = book.cast.delivery
    slug = deliverable["title"].lower().replace(" ", "-")
    book.add(
        "deliverable_submission",
        deliverable_id=deliverable["id"],
        attempt=deliverable["attempt"],
        submitted_at=at,
        submitted_by=delivery,
        evidence=[
            {
                "criterion_key": criterion["key"],
                "label": f"Evidence for {criterion['key']}",
                "url": f"https://evidence.example.com/{slug}/{criterion['key'].lower()}",
            }
            for criterion in deliverable["acceptance_criteria"]
        ],
        notes=notes,
    )
    columns = {"status": DeliverableStatus.COMPLETED, "submitted_at": at}
    book.change(at, delivery, deliverable, "ods.deliverable.submitted", columns)
    together = list(book.where("deliverable", cycle_id=deliverable["cycle_id"]))
    if any(one["status"] != DeliverableStatus.COMPLETED for one in together):
        return
    for one in together:
        ready = {"status": DeliverableStatus.READY_FOR_ACCEPTANCE, "ready_at": at}
        book.change(at, delivery, one, "ods.deliverable.ready", ready)
    cycle = next(book.where("cycle", id=deliverable["cycle_id"]))
    book.change(at, delivery, cycle, "ods.cycle.in_review", {"status": CycleStatus.IN_REVIEW})


def accept(book: Book, deliverable: Row, *, at: datetime, notes: str | None = None) -> None:
    """The client accepts; the last acceptance ends scope and line, and releases the rest of the price."""
    owner = book.cast.owner
    _review(book, deliverable, at=at, accepted=True, notes=notes)
    columns = {"status": DeliverableStatus.ACCEPTED, "accepted_at": at}
    book.change(at, owner, deliverable, "ods.deliverable.accepted", columns)
    scope = next(book.where("scope", id=deliverable["scope_id"]))
    scope["open_count"] -= 1
    _complete_if_done(book, next(book.where("cycle", id=deliverable["cycle_id"])), at=at)
    if scope["open_count"]:
        return
    book.change(at, owner, scope, "ods.scope.completed", {"status": ScopeStatus.COMPLETED, "completed_at": at})
    line = next(book.where("service_line", id=scope["service_line_id"]))
    capacity.move_line(book, line, LINE_STATUS[ScopeStatus.COMPLETED], at=at, actor=owner)
    release(book, scope, PaymentTrigger.FINAL_ACCEPTANCE, at=at, actor=owner)


def reject(book: Book, deliverable: Row, *, at: datetime, reason: str, unmet: Sequence[str]) -> Row:
    """The client rejects; the deliverable goes into a remediation cycle, which is returned."""
    parent = next(book.where("cycle", id=deliverable["cycle_id"]))
    remediation = _remediation(book, parent, at=at)
    criteria = [one for one in deliverable["acceptance_criteria"] if one["key"] in unmet]
    _review(
        book,
        deliverable,
        at=at,
        accepted=False,
        rejection_reason=reason,
        unmet_criteria=criteria,
        remediation_cycle_id=remediation["id"],
    )
    book.add("deliverable_cycle", deliverable_id=deliverable["id"], cycle_id=remediation["id"])
    columns = {"status": DeliverableStatus.REJECTED, "cycle_id": remediation["id"]}
    book.change(at, book.cast.owner, deliverable, "ods.deliverable.rejected", columns, unmet=list(unmet))
    return remediation


def _review(book: Book, deliverable: Row, *, at: datetime, accepted: bool, **columns: object) -> None:
    book.add(
        "deliverable_review",
        deliverable_id=deliverable["id"],
        attempt=deliverable["attempt"],
        accepted=accepted,
        reviewer_id=book.cast.owner,
        reviewed_at=at,
        evidence=[],
        **{"unmet_criteria": [], **columns},
    )


def _remediation(book: Book, parent: Row, *, at: datetime) -> Row:
    waiting = book.where("cycle", parent_id=parent["id"], status=CycleStatus.PLANNED)
    if cycle := next(waiting, None):
        return cycle
    first_day = at.date() + timedelta(days=1)
    cycle = book.add(
        "cycle",
        scope_id=parent["scope_id"],
        sequence=1 + sum(1 for _ in book.where("cycle", scope_id=parent["scope_id"])),
        kind=CycleKind.REMEDIATION,
        parent_id=parent["id"],
        name=f"Remediation of {parent['name']}",
        status=CycleStatus.PLANNED,
        planned_start=first_day,
        planned_end=rules.remediation_end(first_day, parent["planned_start"], parent["planned_end"]),
        currency=book.currency,
        created_at=at,
    )
    book.happened(at, book.cast.owner, cycle, "ods.cycle.remediation_created", parent_id=parent["id"])
    return cycle


def _complete_if_done(book: Book, cycle: Row, *, at: datetime) -> None:
    work = book.where("deliverable", cycle_id=cycle["id"])
    remediations = book.where("cycle", parent_id=cycle["id"])
    if any(one["status"] != DeliverableStatus.ACCEPTED for one in work):
        return
    if any(one["status"] != CycleStatus.COMPLETED for one in remediations):
        return
    columns = {"status": CycleStatus.COMPLETED, "completed_at": at}
    book.change(at, book.cast.owner, cycle, "ods.cycle.completed", columns)
    if cycle["parent_id"]:
        _complete_if_done(book, next(book.where("cycle", id=cycle["parent_id"])), at=at)
        return
    planned = book.where("cycle", scope_id=cycle["scope_id"], status=CycleStatus.PLANNED)
    if following := next(planned, None):
        start(book, following, at=at)
