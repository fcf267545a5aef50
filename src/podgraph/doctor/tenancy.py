"""Checks that every reference stays in its organization, and of values outside their vocabulary."""

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
from podgraph.doctor.check import EVENT, POD, POOL, SCOPE, T, rows_of
from podgraph.doctor.service_lines import PODS, SCOPES
from podgraph.pods.lifecycle import SlaMetricKind
from podgraph.writes.event_types import EVENT_TYPES

SOURCES = {"POD": POD, "SCOPE": SCOPE, "OUTCOME_REQUEST": T["outcome_request"]}
"""The table that a source_id names, by the source_type beside it."""


def _belongs(table: Table, column: ColumnElement[Any], to: Table) -> ColumnElement[bool]:
    """The record of `to` that a column names is there, in the same organization."""
    named = to.alias()
    return exists().where(named.c.organization_id == table.c.organization_id, named.c.id == column)


def foreign_references() -> CompoundSelect[Any]:
    """All columns of all tables that `belongs_to` made."""
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
"""Columns that say again what the record that a row names says: table, column, by; table, column."""


def copies() -> CompoundSelect[Any]:
    return union_all(*(_copy(T[table], own, by, T[of], said) for table, own, by, of, said in COPIES))


def _copy(table: Table, own: str, by: str, of: Table, said: str) -> Select[Any]:
    other = of.alias()
    figures = (
        literal(f"{table.name}.{own}").label("column"),
        table.c[own].label("own"),
        other.c.id.label("other"),
        other.c[said].label("said"),
    )
    same = table.c[own].is_not_distinct_from(other.c[said])
    return rows_of(table, *figures).join(other, other.c.id == table.c[by]).where(~same)


WORDS: tuple[tuple[str, str, Collection[str]], ...] = (
    ("event", "type", EVENT_TYPES),
    ("incident", "sla_metric", tuple(SlaMetricKind)),
    ("service_line", "source_type", (PODS.word, SCOPES.word)),
)
"""Vocabularies that no constraint keeps: table, column, words."""


def _rules() -> Iterator[tuple[Table, str, str | None]]:
    """Every constraint on one row: its table, its text, and the column where it is a vocabulary's."""
    for table in T.values():
        texts = sorted(str(one.sqltext) for one in table.constraints if isinstance(one, CheckConstraint))
        for text in texts:
            vocabulary = re.match(r"(\w+) IN \(", text)
            yield table, text, vocabulary and vocabulary[1]


def _kept(rule: str) -> ColumnElement[bool]:
    return literal_column(f"({rule})", Boolean)


def strange_words() -> CompoundSelect[Any]:
    kept = [(table, column, _kept(rule)) for table, rule, column in _rules() if column]
    more = [(T[table], column, T[table].c[column].in_(sorted(words))) for table, column, words in WORDS]
    return union_all(
        *(
            rows_of(table, literal(f"{table.name}.{column}").label("column"), table.c[column].label("word")).where(
                ~known
            )
            for table, column, known in (*kept, *more)
        )
    )


def broken_rules() -> CompoundSelect[Any]:
    # The rule of a pool is an invariant of its own.
    return union_all(
        *(
            rows_of(table, literal(table.name).label("table"), literal(rule).label("rule")).where(~_kept(rule))
            for table, rule, vocabulary in _rules()
            if vocabulary is None and table is not POOL
        )
    )
