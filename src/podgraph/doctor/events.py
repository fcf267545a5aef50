"""Checks of the event log and of id counters."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    Text,
    cast,
    exists,
    func,
    null,
    select,
    union_all,
)

from podgraph.doctor.check import EVENT, Check, T, rows_of


def sequence_gaps() -> Select[Any]:
    before = EVENT.alias()
    follows = exists().where(
        before.c.organization_id == EVENT.c.organization_id, before.c.sequence == EVENT.c.sequence - 1
    )
    return rows_of(EVENT, EVENT.c.sequence).where(EVENT.c.sequence != 1, ~follows)


def event_counters() -> Select[Any]:
    counter, organization = T["event_counter"], T["organization"]
    last = (
        select(func.coalesce(func.max(EVENT.c.sequence), 0))
        .where(EVENT.c.organization_id == organization.c.id)
        .scalar_subquery()
    )
    counted = func.coalesce(counter.c.sequence, 0)
    return (
        select(
            organization.c.id.label("organization_id"),
            organization.c.id,
            counted.label("counted"),
            last.label("last"),
        )
        .outerjoin(counter, counter.c.organization_id == organization.c.id)
        .where(counted != last)
    )


def id_counters() -> Select[Any]:
    counter, digits = T["id_counter"], "0123456789"
    ids = union_all(*(select(table.c.id) for table in T.values() if "id" in table.c)).subquery()
    # POD-26-000008 without trailing digits is POD-26-, without digits and dashes POD.
    start = func.length(func.rtrim(ids.c.id, digits)) + 1
    number = cast(func.nullif(func.substr(ids.c.id, start), ""), BigInteger)
    prefix = func.rtrim(ids.c.id, f"{digits}-", type_=Text)
    # Ids without a dash, as in the audit log, have no counter.
    counted = ids.c.id.contains("-")
    used = select(prefix.label("prefix"), func.max(number).label("number")).where(counted).group_by(prefix).subquery()
    given = func.coalesce(counter.c.value, 0)
    return (
        select(null().label("organization_id"), used.c.prefix.label("id"), given.label("given"), used.c.number)
        .outerjoin(counter, counter.c.prefix == used.c.prefix)
        .where(used.c.number > given)
    )


CHECKS = (
    Check(
        "I14",
        "The events of an organization are numbered from 1 without gaps.",
        sequence_gaps(),
        "The event before {sequence} is missing.",
    ),
    Check(
        "I14",
        "An organization's event counter is the number of its last event.",
        event_counters(),
        "It is {counted}; the last event is {last}.",
    ),
    Check(
        "I17",
        "No id has a number above the counter of its prefix.",
        id_counters(),
        "{number} is in use; the counter is at {given}.",
    ),
)
