"""Checks of references across organizations, copied columns, enum values and constraints of rows."""

import re
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ColumnElement,
    CompoundSelect,
    Select,
    Table,
    and_,
    exists,
    literal,
    literal_column,
    or_,
    union_all,
)

from podgraph.database.read_model import READ_MODELS
from podgraph.doctor.check import EVENT, LINE, POD, POOL, REQUEST, SCOPE, Check, T, rows_of
from podgraph.doctor.service_lines import PODS, SCOPES
from podgraph.pods.lifecycle import SlaMetricKind
from podgraph.writes.event_types import EVENT_TYPES

SOURCES = {"POD": POD, "SCOPE": SCOPE, "OUTCOME_REQUEST": T["outcome_request"]}
"""The table that `source_id` references, by `source_type`."""


def _belongs(table: Table, column: ColumnElement[Any], to: Table) -> ColumnElement[bool]:
    """The record of `to` that a column references exists, in the same organization."""
    named = to.alias()
    return exists().where(named.c.organization_id == table.c.organization_id, named.c.id == column)


def foreign_references() -> CompoundSelect[Any]:
    """References outside the organization, in every column declared with `belongs_to`."""
    references = [
        (
            table,
            next(column for column in key.columns if column.name != "organization_id"),
            key.referred_table,
        )
        for table in T.values()
        for key in table.foreign_key_constraints
        if len(key.columns) == 2
    ]
    return union_all(
        *(
            rows_of(table, literal(str(column)).label("column"), column.label("named")).where(
                column.is_not(None), ~_belongs(table, column, to)
            )
            for table, column, to in references
        )
    )


def foreign_sources(table: Table) -> Select[Any]:
    word, named = table.c.source_type, table.c.source_id
    found = or_(*(and_(word == one, _belongs(table, named, to)) for one, to in SOURCES.items()))
    return rows_of(table, word, named.label("named")).where(named.is_not(None), ~found)


def foreign_subjects() -> Select[Any]:
    subject = EVENT.c.subject_id
    prefixed = [one for one in READ_MODELS.values() if one.prefix and "organization_id" in one.table.c]
    found = or_(
        *(and_(subject.startswith(f"{one.prefix}-"), _belongs(EVENT, subject, T[one.name])) for one in prefixed),
        subject == EVENT.c.organization_id,
    )
    return rows_of(EVENT, EVENT.c.type, subject.label("named")).where(~found)


def foreign_currencies() -> CompoundSelect[Any]:
    organization = T["organization"]
    return union_all(
        *(
            rows_of(
                table,
                literal(table.name).label("table"),
                table.c.currency,
                organization.c.currency.label("own"),
            )
            .join(organization, organization.c.id == table.c.organization_id)
            .where(table.c.currency != organization.c.currency)
            for table in T.values()
            if "currency" in table.c and table is not organization
        )
    )


COPIES = (
    ("allocation", "workspace_id", "service_line_id", "service_line", "workspace_id"),
    ("allocation", "resource_type", "capacity_pool_id", "capacity_pool", "resource_type"),
    ("pod", "workspace_id", "service_line_id", "service_line", "workspace_id"),
    ("scope", "workspace_id", "service_line_id", "service_line", "workspace_id"),
    ("scope", "workspace_id", "request_id", "outcome_request", "workspace_id"),
    ("cycle", "scope_id", "parent_id", "cycle", "scope_id"),
    ("deliverable", "scope_id", "cycle_id", "cycle", "scope_id"),
    ("payment", "service_line_id", "scope_id", "scope", "service_line_id"),
    ("sla_report", "pod_id", "sla_terms_id", "sla_terms", "pod_id"),
)
"""Columns copied from a referenced record: table, column, referencing column; referenced table, its column."""


def copies() -> CompoundSelect[Any]:
    return union_all(*(_copy(T[table], own, by, T[of], original) for table, own, by, of, original in COPIES))


def _copy(table: Table, own: str, by: str, of: Table, original: str) -> Select[Any]:
    other = of.alias()
    figures = (
        literal(f"{table.name}.{own}").label("column"),
        table.c[own].label("own"),
        other.c.id.label("other"),
        other.c[original].label("original"),
    )
    same = table.c[own].is_not_distinct_from(other.c[original])
    return rows_of(table, *figures).join(other, other.c.id == table.c[by]).where(~same)


ENUMS: tuple[tuple[str, str, Collection[str]], ...] = (
    ("event", "type", EVENT_TYPES),
    ("incident", "sla_metric", tuple(SlaMetricKind)),
    ("service_line", "source_type", (PODS.type, SCOPES.type)),
)
"""Enums that no constraint enforces: table, column, values."""


def _constraints() -> Iterator[tuple[Table, str, str | None]]:
    """Every check constraint: its table, its text, and its column if it lists the values of an enum."""
    for table in T.values():
        texts = sorted(str(one.sqltext) for one in table.constraints if isinstance(one, CheckConstraint))
        for text in texts:
            enum = re.match(r"(\w+) IN \(", text)
            yield table, text, enum and enum[1]


def _satisfied(constraint: str) -> ColumnElement[bool]:
    return literal_column(f"({constraint})", Boolean)


def unknown_values() -> CompoundSelect[Any]:
    listed = [(table, column, _satisfied(constraint)) for table, constraint, column in _constraints() if column]
    more = [(T[table], column, T[table].c[column].in_(sorted(values))) for table, column, values in ENUMS]
    return union_all(
        *(
            rows_of(table, literal(f"{table.name}.{column}").label("column"), table.c[column].label("value")).where(
                ~known
            )
            for table, column, known in (*listed, *more)
        )
    )


def violated_constraints() -> CompoundSelect[Any]:
    # The constraint of a pool has a check in the capacity module.
    return union_all(
        *(
            rows_of(table, literal(table.name).label("table"), literal(constraint).label("constraint")).where(
                ~_satisfied(constraint)
            )
            for table, constraint, column in _constraints()
            if column is None and table is not POOL
        )
    )


CHECKS = (
    Check(
        "I18",
        "Every reference stays within the organization.",
        foreign_references(),
        "{column} references {named}.",
    ),
    Check(
        "I18",
        "The source of a service line is in its organization.",
        foreign_sources(LINE),
        "It references the {source_type} {named}.",
    ),
    Check(
        "I18",
        "The source of a capacity request is in its organization.",
        foreign_sources(REQUEST),
        "It references the {source_type} {named}.",
    ),
    Check(
        "I18",
        "The subject of an event is in its organization.",
        foreign_subjects(),
        "{type} is about {named}.",
    ),
    Check(
        "Derived",
        "A column that is copied from a referenced record equals the original.",
        copies(),
        "{column} is {own}; {other} has {original}.",
    ),
    Check(
        "Currency",
        "Every amount is in the organization's currency.",
        foreign_currencies(),
        "The {table} is in {currency}, not in {own}.",
    ),
    Check(
        "Vocabulary",
        "Every enum column contains a value of its enum.",
        unknown_values(),
        "{column} is {value}.",
    ),
    Check(
        "Row",
        "Every row satisfies the constraints of its table.",
        violated_constraints(),
        "The {table} violates: {constraint}.",
    ),
)
