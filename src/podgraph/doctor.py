"""The doctor: every invariant that can be read from the data, recomputed from it.

What the database refuses on its own is recomputed too, where an import, a restored dump or a hand
in the database could have gone around it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ColumnElement,
    CompoundSelect,
    Row,
    ScalarSelect,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from podgraph import tables
from podgraph.accounts import repository as accounts
from podgraph.capacity import repository as capacity
from podgraph.capacity.lifecycle import AllocationStatus, PoolPeriod, ResourceType
from podgraph.capacity.rules import per_week, utilisation_percent
from podgraph.database.relation import RELATIONS, Reader
from podgraph.events import repository as events
from podgraph.events.lifecycle import EVENT_TYPES
from podgraph.lines import repository as lines
from podgraph.lines.lifecycle import ServiceLineStatus
from podgraph.managed import lifecycle as managed
from podgraph.managed import repository as pods
from podgraph.managed import rules
from podgraph.managed.lifecycle import PodStatus, ResponseSla, SlaMetricKind, SlaMetricStatus, SlaReportStatus
from podgraph.ods import lifecycle as ods
from podgraph.ods import repository as scopes
from podgraph.ods.lifecycle import (
    CycleKind,
    CycleStatus,
    DeliverableStatus,
    PaymentStatus,
    PaymentTrigger,
    ScopeStatus,
)

SLICES = (accounts, events, lines, capacity, pods, scopes)
"""Whose relations tell which table an id belongs to by its prefix."""

T = tables.metadata.tables
POOL, ALLOCATION, LINE, REQUEST, EVENT = (
    T[name] for name in ("capacity_pool", "allocation", "service_line", "capacity_request", "event")
)
POD, SLA, REPORT, METRIC = (T[name] for name in ("pod", "sla_terms", "sla_report", "sla_metric_result"))
SCOPE, CYCLE, DELIVERABLE, PAYMENT = (T[name] for name in ("scope", "cycle", "deliverable", "payment"))

Judge = Callable[[Sequence[Row[Any]]], Iterable[Row[Any]]]
"""Picks the broken rows out of all."""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule over all rows: `sentence` holds unless `broken` finds rows.

    A row is an organization_id, an id and the figures that `detail` names. Where SQL can not work
    out what would be right, `judge` picks the broken ones.
    """

    invariant: str
    sentence: str
    broken: Select[Any] | CompoundSelect[Any]
    detail: str
    judge: Judge = iter


@dataclass(frozen=True, slots=True)
class Finding:
    """A record that breaks a rule; the organization is None where the record belongs to none."""

    invariant: str
    sentence: str
    organization_id: str | None
    id: str
    detail: str


async def examine(reader: Reader) -> list[Finding]:
    """Everything that is broken, in the order of the checks, as of the reader's one snapshot."""
    return [
        Finding(
            check.invariant,
            check.sentence,
            row.organization_id,
            row.id,
            check.detail.format_map(row._mapping),
        )
        for check in CHECKS
        for row in check.judge(await reader.rows(check.broken))
    ]


def _rows(table: Table, *figures: ColumnElement[Any]) -> Select[Any]:
    """The rows of a table; one without an id of its own goes by the record that it is a part of."""
    name = table.c.get("id", next(iter(table.primary_key)))
    return select(table.c.organization_id, name.label("id"), *figures)


def _count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).where(*conditions).scalar_subquery()


# -- capacity --------------------------------------------------------------------------------------------


def _pool_bounds() -> Select[Any]:
    allocated, total = POOL.c.allocated, POOL.c.total
    return _rows(POOL, allocated, total).where(or_(allocated < 0, allocated > total))


def _pool_charges() -> Select[Any]:
    charge = ALLOCATION.c.charge
    charged = (
        select(func.coalesce(func.sum(charge), 0, type_=charge.type))
        .where(ALLOCATION.c.capacity_pool_id == POOL.c.id, ALLOCATION.c.status != AllocationStatus.CLOSED)
        .scalar_subquery()
    )
    allocated = POOL.c.allocated
    return _rows(POOL, allocated, charged.label("charged")).where(allocated != charged)


def _charges() -> Select[Any]:
    change, committed, charge = T["allocation_change"], ALLOCATION.c.committed_per_period, ALLOCATION.c.charge
    scheduled = (
        select(func.max(change.c.committed_per_period))
        .where(change.c.allocation_id == ALLOCATION.c.id)
        .where(change.c.applied_at.is_(None), change.c.cancelled_at.is_(None))
        .scalar_subquery()
    )
    held = case((scheduled > committed, scheduled), else_=committed)
    still_open = ALLOCATION.c.status != AllocationStatus.CLOSED
    return _rows(ALLOCATION, charge, held.label("held")).where(still_open, charge != held)


def _orphans() -> Select[Any]:
    ended = (ServiceLineStatus.CLOSED, ServiceLineStatus.TERMINATED)
    return (
        _rows(ALLOCATION, LINE.c.id.label("line"), LINE.c.status.label("line_status"))
        .join(LINE, LINE.c.id == ALLOCATION.c.service_line_id)
        .where(ALLOCATION.c.status != AllocationStatus.CLOSED, LINE.c.status.in_(ended))
    )


def _committed_per_week() -> Select[Any]:
    figures = [ALLOCATION.c[name] for name in ("committed_per_period", "committed_per_week", "resource_type")]
    pool = POOL.c.id == ALLOCATION.c.capacity_pool_id
    return _rows(ALLOCATION, *figures, POOL.c.period).join(POOL, pool)


def _other_per_week(rows: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
    for row in rows:
        weekly = per_week(row.committed_per_period, ResourceType[row.resource_type], PoolPeriod[row.period])
        if row.committed_per_week != weekly:
            yield row


def _weeks() -> Select[Any]:
    week = T["allocation_actual"]
    return _rows(week, week.c.week_start, week.c.actual, week.c.committed, week.c.utilisation_percent)


def _other_utilisation(rows: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
    return (row for row in rows if row.utilisation_percent != utilisation_percent(row.actual, row.committed))


def _last_weeks() -> Select[Any]:
    week = T["allocation_actual"]
    later = week.alias()
    newest = (
        select(func.max(later.c.week_start))
        .where(later.c.allocation_id == week.c.allocation_id)
        .scalar_subquery()
    )
    own, theirs = ("actual_last_week", "utilisation_percent"), ("actual", "utilisation_percent")
    pairs = [(ALLOCATION.c[one], week.c[other]) for one, other in zip(own, theirs, strict=True)]
    return (
        _rows(ALLOCATION, ALLOCATION.c.actual_last_week, week.c.week_start, week.c.actual)
        .join(week, week.c.allocation_id == ALLOCATION.c.id)
        .where(week.c.week_start == newest)
        .where(or_(*(one.is_distinct_from(other) for one, other in pairs)))
    )


# -- sources of service lines: pods and scopes -----------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """What service lines come from: its word, its table, the status before it has a line, and f(status)."""

    word: str
    table: Table
    before: str
    line_status: Mapping[Any, Any]

    @property
    def started(self) -> list[str]:
        """The statuses that are only reached with a line; CANCELLED is reached without one too."""
        return [status for status in self.line_status if status != "CANCELLED"]

    @property
    def names(self) -> ColumnElement[bool]:
        """A line names the record as its source."""
        return and_(LINE.c.source_type == self.word, LINE.c.source_id == self.table.c.id)

    def line_missing(self) -> Select[Any]:
        """Records whose lines are not exactly the one that they should have."""
        status, line_id = self.table.c.status, self.table.c.service_line_id
        right = case(
            (status.in_(self.started), 1), (status == self.before, 0), (line_id.is_(None), 0), else_=1
        )
        naming, own = _count(self.names), _count(self.names, LINE.c.id == line_id)
        wrong = or_(naming != right, own != right)
        return _rows(self.table, status, naming.label("lines"), line_id).where(wrong)

    def activation_missing(self) -> Select[Any]:
        """Lines whose activation has not created exactly one allocation."""
        here = and_(ALLOCATION.c.service_line_id == LINE.c.id, ALLOCATION.c.origin == "activation")
        created = _count(here)
        of_kind = LINE.c.source_type == self.word
        return _rows(LINE, created.label("created")).where(of_kind, created != 1)

    def status_differs(self) -> Select[Any]:
        """Lines whose status is not what the status of their source makes it."""
        status = self.table.c.status
        right = case({str(one): str(of) for one, of in self.line_status.items()}, value=status)
        figures = (LINE.c.status, self.table.c.id.label("source"), status.label("source_status"))
        return _rows(LINE, *figures).join(self.table, self.names).where(LINE.c.status.is_distinct_from(right))


PODS = Source("POD", POD, PodStatus.SCOPING, managed.LINE_STATUS)
SCOPES = Source("SCOPE", SCOPE, ScopeStatus.PENDING_CONFIRMATION, ods.LINE_STATUS)

SOURCES = {"POD": POD, "SCOPE": SCOPE, "OUTCOME_REQUEST": T["outcome_request"]}
"""The table that a source_id names, by the source_type beside it."""


# -- managed services ------------------------------------------------------------------------------------


def _sla_missing() -> Select[Any]:
    # One row for each time that the terms were agreed; the table holds one for a month at the most.
    agreed, status = _count(SLA.c.pod_id == POD.c.id), POD.c.status
    wrong = or_(and_(status.in_(PODS.started), agreed == 0), and_(status == PODS.before, agreed > 0))
    return _rows(POD, status, agreed.label("agreed")).where(wrong)


def _team_sizes() -> Select[Any]:
    member = T["pod_member"]
    active = _count(member.c.pod_id == POD.c.id, member.c.left_at.is_(None))
    current = POD.c.status.in_((PodStatus.SCOPING, PodStatus.ACTIVE, PodStatus.PAUSED))
    return _rows(POD, POD.c.team_size, active.label("active")).where(current, POD.c.team_size != active)


def _revisions() -> Select[Any]:
    scope, revision = T["pod_scope"], T["pod_scope_revision"]
    number, current = revision.c.number, scope.c.current_number
    written = func.count(number)
    # As many as the last one's number, and none before the first: there is no gap.
    wrong = or_(written != current, func.min(number) != 1, func.max(number) != current)
    return (
        _rows(scope, current, written.label("written"))
        .outerjoin(revision, revision.c.pod_scope_id == scope.c.id)
        .group_by(scope.c.organization_id, scope.c.id, current)
        .having(wrong)
    )


PUBLISHED = REPORT.c.status == SlaReportStatus.PUBLISHED


def _metrics_missing() -> Select[Any]:
    measured = (
        select(func.count(METRIC.c.metric.distinct()))
        .where(METRIC.c.sla_report_id == REPORT.c.id)
        .scalar_subquery()
    )
    return _rows(REPORT, measured.label("measured")).where(PUBLISHED, measured != len(rules.METRICS))


def _metrics() -> Select[Any]:
    said = ("compliance_percent", "breached")
    measured = ("metric", "target", "actual", "attainment_percent", "tolerance_percent", "weight_percent")
    judged = ("status", "explanation")
    return (
        _rows(REPORT, *(REPORT.c[name] for name in said), *(METRIC.c[name] for name in measured + judged))
        .join(METRIC, METRIC.c.sla_report_id == REPORT.c.id)
        .where(PUBLISHED)
        .order_by(REPORT.c.id, METRIC.c.position)
    )


def _term(row: Row[Any]) -> rules.SlaMetricTerm:
    return rules.SlaMetricTerm(
        SlaMetricKind[row.metric], row.target, row.tolerance_percent, row.weight_percent
    )


def _misjudged_metrics(rows: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
    for row in rows:
        right = rules.metric_result(_term(row), row.actual)
        stored, computed = row.attainment_percent, right.attainment_percent
        # A defect rate beyond its limit can only have made the quality gate's attainment worse.
        if row.metric == SlaMetricKind.QUALITY_GATE and None not in (stored, computed) and stored < computed:
            continue
        if (stored, row.status) != (computed, right.status):
            yield row


def _misjudged_reports(rows: Sequence[Row[Any]]) -> Iterator[Row[Any]]:
    for _, group in groupby(rows, lambda row: row.id):
        metrics = list(group)
        if len(metrics) != len(rules.METRICS):
            continue  # That is a finding of its own.
        results = [
            rules.SlaMetricResult(
                _term(row), row.actual, row.attainment_percent, SlaMetricStatus[row.status], row.explanation
            )
            for row in metrics
        ]
        breached = {row.metric for row in metrics if row.status == SlaMetricStatus.BREACHED}
        report = metrics[0]
        right = (rules.compliance_percent(results), sorted(breached))
        if (report.compliance_percent, sorted(report.breached)) != right:
            yield report


def _current_compliance() -> Select[Any]:
    latest = (
        select(REPORT.c.compliance_percent)
        .where(REPORT.c.pod_id == SLA.c.pod_id, PUBLISHED)
        .order_by(REPORT.c.period.desc())
        .limit(1)
        .scalar_subquery()
    )
    current = SLA.c.current_compliance
    return _rows(SLA, current, latest.label("latest")).where(current.is_distinct_from(latest))


def _verdicts() -> Select[Any]:
    ticket = T["ticket"]
    verdict, responded_at, due_at = (
        ticket.c[name] for name in ("response_sla", "responded_at", "response_due_at")
    )
    right = case(
        (responded_at <= due_at, verdict == ResponseSla.MET),
        (responded_at > due_at, verdict == ResponseSla.BREACHED),
        else_=verdict != ResponseSla.MET,
    )
    # The deadline of a reopened ticket is a new one, which its first response knows nothing of.
    reopened_at = ticket.c.reopened_at
    judged_by_it = or_(reopened_at.is_(None), responded_at > reopened_at)
    return _rows(ticket, verdict, responded_at, due_at).where(judged_by_it, ~right)


# -- outcomes --------------------------------------------------------------------------------------------

STILL_OPEN = _count(DELIVERABLE.c.scope_id == SCOPE.c.id, DELIVERABLE.c.status != DeliverableStatus.ACCEPTED)


def _open_counts() -> Select[Any]:
    figures = (SCOPE.c.open_count, STILL_OPEN.label("still_open"))
    return _rows(SCOPE, *figures).where(SCOPE.c.open_count != STILL_OPEN)


def _ends() -> Select[Any]:
    unfinished = and_(SCOPE.c.status == ScopeStatus.COMPLETED, STILL_OPEN > 0)
    stuck = and_(SCOPE.c.status == ScopeStatus.ACTIVE, STILL_OPEN == 0)
    return _rows(SCOPE, SCOPE.c.status, STILL_OPEN.label("still_open")).where(or_(unfinished, stuck))


def _released(trigger: PaymentTrigger, by: Collection[ScopeStatus]) -> Select[Any]:
    """Scopes that have not released exactly one payment of a trigger by these statuses, or one too early.

    What a cancelled scope had released before stays as it was.
    """
    owed = PAYMENT.c.status.in_((PaymentStatus.DUE, PaymentStatus.PAID))
    released = _count(PAYMENT.c.scope_id == SCOPE.c.id, PAYMENT.c.trigger == trigger, owed)
    status = SCOPE.c.status
    right = case((status.in_(by), 1), (status == ScopeStatus.CANCELLED, released), else_=0)
    # The account team may have let go of it; without a word of that it is a finding of its own.
    void = exists().where(
        PAYMENT.c.scope_id == SCOPE.c.id,
        PAYMENT.c.trigger == trigger,
        PAYMENT.c.status == PaymentStatus.VOID,
    )
    return _rows(SCOPE, status, released.label("released")).where(released != right, ~void)


def _prices() -> Select[Any]:
    amount, price = PAYMENT.c.amount, SCOPE.c.fixed_price
    paid = (
        select(func.coalesce(func.sum(amount), 0, type_=amount.type))
        .where(PAYMENT.c.scope_id == SCOPE.c.id)
        .scalar_subquery()
    )
    return _rows(SCOPE, price, paid.label("paid")).where(price != paid)


def _voids() -> Select[Any]:
    status, cancelled = PAYMENT.c.status, SCOPE.c.status == ScopeStatus.CANCELLED
    said = exists().where(
        EVENT.c.organization_id == PAYMENT.c.organization_id,
        EVENT.c.subject_id == PAYMENT.c.id,
        EVENT.c.type == "payment.void",
    )
    void_too_soon = and_(status == PaymentStatus.VOID, ~cancelled, ~said)
    still_scheduled = and_(status == PaymentStatus.SCHEDULED, cancelled)
    return (
        _rows(PAYMENT, status, SCOPE.c.id.label("scope"), SCOPE.c.status.label("scope_status"))
        .join(SCOPE, SCOPE.c.id == PAYMENT.c.scope_id)
        .where(or_(void_too_soon, still_scheduled))
    )


def _open_remediations() -> Select[Any]:
    parent = CYCLE.c.parent_id
    waiting = and_(CYCLE.c.kind == CycleKind.REMEDIATION, CYCLE.c.status == CycleStatus.PLANNED)
    return (
        select(CYCLE.c.organization_id, parent.label("id"), func.count().label("waiting"))
        .where(waiting)
        .group_by(CYCLE.c.organization_id, parent)
        .having(func.count() > 1)
    )


def _history_missing() -> Select[Any]:
    history = T["deliverable_cycle"]
    written = exists().where(
        history.c.deliverable_id == DELIVERABLE.c.id, history.c.cycle_id == DELIVERABLE.c.cycle_id
    )
    return _rows(DELIVERABLE, DELIVERABLE.c.cycle_id).where(~written)


def _live_scopes() -> Select[Any]:
    request = SCOPE.c.request_id
    return (
        select(SCOPE.c.organization_id, request.label("id"), func.count().label("live"))
        .where(SCOPE.c.status != ScopeStatus.CANCELLED)
        .group_by(SCOPE.c.organization_id, request)
        .having(func.count() > 1)
    )


# -- events and ids --------------------------------------------------------------------------------------


def _gaps() -> Select[Any]:
    before = EVENT.alias()
    follows = exists().where(
        before.c.organization_id == EVENT.c.organization_id, before.c.sequence == EVENT.c.sequence - 1
    )
    return _rows(EVENT, EVENT.c.sequence).where(EVENT.c.sequence != 1, ~follows)


def _event_counters() -> Select[Any]:
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


def _id_counters() -> Select[Any]:
    counter, digits = T["id_counter"], "0123456789"
    ids = union_all(*(select(table.c.id) for table in T.values() if "id" in table.c)).subquery()
    # POD-26-000008: without digits at its end it is POD-26-, without digits and dashes POD.
    start = func.length(func.rtrim(ids.c.id, digits)) + 1
    number = cast(func.nullif(func.substr(ids.c.id, start), ""), BigInteger)
    prefix = func.rtrim(ids.c.id, f"{digits}-", type_=Text)
    # What is not counted, as the entries of the audit trail, has no dash.
    counted = ids.c.id.contains("-")
    used = (
        select(prefix.label("prefix"), func.max(number).label("number"))
        .where(counted)
        .group_by(prefix)
        .subquery()
    )
    given = func.coalesce(counter.c.value, 0)
    return (
        select(
            null().label("organization_id"), used.c.prefix.label("id"), given.label("given"), used.c.number
        )
        .outerjoin(counter, counter.c.prefix == used.c.prefix)
        .where(used.c.number > given)
    )


# -- organizations ---------------------------------------------------------------------------------------


def _belongs(table: Table, column: ColumnElement[Any], to: Table) -> ColumnElement[bool]:
    """The record of `to` that a column names is there, in the same organization."""
    named = to.alias()
    return exists().where(named.c.organization_id == table.c.organization_id, named.c.id == column)


def _foreign_references() -> CompoundSelect[Any]:
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
            _rows(table, literal(str(column)).label("column"), column.label("named")).where(
                column.is_not(None), ~_belongs(table, column, to)
            )
            for table, column, to in references
        )
    )


def _foreign_sources(table: Table) -> Select[Any]:
    word, named = table.c.source_type, table.c.source_id
    found = or_(*(and_(word == one, _belongs(table, named, to)) for one, to in SOURCES.items()))
    return _rows(table, word, named.label("named")).where(named.is_not(None), ~found)


def _foreign_subjects() -> Select[Any]:
    subject = EVENT.c.subject_id
    prefixed = [one for one in RELATIONS.values() if one.prefix and "organization_id" in one.table.c]
    found = or_(
        *(
            and_(subject.startswith(f"{one.prefix}-"), _belongs(EVENT, subject, T[one.name]))
            for one in prefixed
        ),
        subject == EVENT.c.organization_id,
    )
    return _rows(EVENT, EVENT.c.type, subject.label("named")).where(~found)


def _foreign_currencies() -> CompoundSelect[Any]:
    organization = T["organization"]
    return union_all(
        *(
            _rows(
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


def _copies() -> CompoundSelect[Any]:
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
    return _rows(table, *figures).join(other, other.c.id == table.c[by]).where(~same)


# -- what the tables say of a single row -----------------------------------------------------------------

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


def _strange_words() -> CompoundSelect[Any]:
    kept = [(table, column, _kept(rule)) for table, rule, column in _rules() if column]
    more = [(T[table], column, T[table].c[column].in_(sorted(words))) for table, column, words in WORDS]
    return union_all(
        *(
            _rows(
                table, literal(f"{table.name}.{column}").label("column"), table.c[column].label("word")
            ).where(~known)
            for table, column, known in (*kept, *more)
        )
    )


def _broken_rules() -> CompoundSelect[Any]:
    # The rule of a pool is an invariant of its own.
    return union_all(
        *(
            _rows(table, literal(table.name).label("table"), literal(rule).label("rule")).where(~_kept(rule))
            for table, rule, vocabulary in _rules()
            if vocabulary is None and table is not POOL
        )
    )


def _of_source(invariant: str, source: Source) -> tuple[Check, ...]:
    kind = source.table.name
    return (
        Check(
            invariant,
            f"A started {kind} has exactly one service line, the one that it names.",
            source.line_missing(),
            "It is {status} and names {service_line_id}; {lines} name it.",
        ),
        Check(
            invariant,
            f"The activation of a {kind}'s service line has created exactly one allocation.",
            source.activation_missing(),
            "It has {created}.",
        ),
        Check(
            "I9",
            f"A service line's status follows its {kind}'s.",
            source.status_differs(),
            "It is {status} while {source} is {source_status}.",
        ),
    )


CHECKS = (
    Check(
        "I1",
        "A pool has allocated no less than nothing and no more than it has.",
        _pool_bounds(),
        "{allocated} of {total} are allocated.",
    ),
    Check(
        "I2",
        "A pool has allocated what its open allocations charge.",
        _pool_charges(),
        "{allocated} are allocated where {charged} are charged.",
    ),
    Check(
        "I2",
        "An open allocation charges the larger of what is committed and what is scheduled.",
        _charges(),
        "It charges {charge} instead of {held}.",
    ),
    *_of_source("I3", SCOPES),
    Check(
        "I3",
        "A confirmed scope has released exactly one upfront payment.",
        _released(PaymentTrigger.SCOPE_CONFIRMED, (ScopeStatus.ACTIVE, ScopeStatus.COMPLETED)),
        "It is {status} and has released {released}.",
    ),
    *_of_source("I4", PODS),
    Check("I4", "A started pod has exactly one SLA.", _sla_missing(), "It is {status} and has {agreed}."),
    Check(
        "I5",
        "A scope counts the deliverables that are not accepted yet.",
        _open_counts(),
        "It counts {open_count} of {still_open}.",
    ),
    Check(
        "I5",
        "A scope is completed by the acceptance of its last deliverable.",
        _ends(),
        "It is {status} with {still_open} not accepted.",
    ),
    Check(
        "I5",
        "A completed scope, and no other, has released exactly one final payment.",
        _released(PaymentTrigger.FINAL_ACCEPTANCE, (ScopeStatus.COMPLETED,)),
        "It is {status} and has released {released}.",
    ),
    Check(
        "I7",
        "The payments of a scope make its fixed price.",
        _prices(),
        "They make {paid} of {fixed_price}.",
    ),
    Check(
        "I7",
        "A payment is void with its cancelled scope, which leaves none scheduled, or by an event.",
        _voids(),
        "It is {status} while {scope} is {scope_status}.",
    ),
    Check(
        "I8",
        "No allocation is open on a service line that has ended.",
        _orphans(),
        "{line} is {line_status}.",
    ),
    Check(
        "I10",
        "At most one remediation of a cycle waits for its start.",
        _open_remediations(),
        "{waiting} wait.",
    ),
    Check(
        "I10",
        "The cycle of a deliverable is in its history.",
        _history_missing(),
        "{cycle_id} is not.",
    ),
    Check(
        "I11",
        "A request has at most one scope that is not cancelled.",
        _live_scopes(),
        "It has {live}.",
    ),
    Check(
        "I12",
        "The revisions of a pod's scope run from 1 to the current one without a gap.",
        _revisions(),
        "{written} are written and {current_number} is current.",
    ),
    Check(
        "I13",
        "A published report has all four metrics.",
        _metrics_missing(),
        "It has {measured}.",
    ),
    Check(
        "I13",
        "A published metric is judged by its actual, target and tolerance.",
        _metrics(),
        "{metric} is {status} at {attainment_percent} %: {actual} against {target}.",
        _misjudged_metrics,
    ),
    Check(
        "I13",
        "A published report's compliance and breaches are those of its metrics.",
        _metrics(),
        "It says {compliance_percent} % and {breached}.",
        _misjudged_reports,
    ),
    Check(
        "I13",
        "An SLA's current compliance is that of the pod's latest published report.",
        _current_compliance(),
        "It is {current_compliance} instead of {latest}.",
    ),
    Check(
        "I14",
        "The events of an organization run from 1 without a gap.",
        _gaps(),
        "There is none before {sequence}.",
    ),
    Check(
        "I14",
        "An organization's event counter is at its last event.",
        _event_counters(),
        "It is at {counted} and the last event at {last}.",
    ),
    Check(
        "I17",
        "No id has a number that its prefix's counter has not given out.",
        _id_counters(),
        "{number} is in use and the counter is at {given}.",
    ),
    Check(
        "I18",
        "Every reference stays within the organization.",
        _foreign_references(),
        "{column} names {named}.",
    ),
    Check(
        "I18",
        "The source of a service line is in its organization.",
        _foreign_sources(LINE),
        "It names the {source_type} {named}.",
    ),
    Check(
        "I18",
        "The source of a capacity request is in its organization.",
        _foreign_sources(REQUEST),
        "It names the {source_type} {named}.",
    ),
    Check(
        "I18",
        "The subject of an event is in its organization.",
        _foreign_subjects(),
        "{type} is about {named}.",
    ),
    Check(
        "I19",
        "A ticket's verdict is what the times of its response make it.",
        _verdicts(),
        "It is {response_sla}: responded at {responded_at}, due at {response_due_at}.",
    ),
    Check(
        "Derived",
        "A week's utilisation is its actual as a percentage of what was committed.",
        _weeks(),
        "{week_start} says {utilisation_percent} %: {actual} of {committed}.",
        _other_utilisation,
    ),
    Check(
        "Derived",
        "An allocation shows the figures of its latest week.",
        _last_weeks(),
        "It shows {actual_last_week} where the week of {week_start} has {actual}.",
    ),
    Check(
        "Derived",
        "What an allocation commits per week is what it commits per period of its pool.",
        _committed_per_week(),
        "{committed_per_week} a week are not {committed_per_period} {period}.",
        _other_per_week,
    ),
    Check(
        "Derived",
        "The size of a pod's team is the number of its active members.",
        _team_sizes(),
        "It says {team_size} of {active}.",
    ),
    Check(
        "Derived",
        "What a row repeats of the record that it names is what the record says.",
        _copies(),
        "{column} is {own} where {other} says {said}.",
    ),
    Check(
        "Currency",
        "Every amount is in the organization's own currency.",
        _foreign_currencies(),
        "The {table} is in {currency}, not in {own}.",
    ),
    Check(
        "Vocabulary",
        "Every word is one of its vocabulary's.",
        _strange_words(),
        "{column} says {word}.",
    ),
    Check(
        "Row",
        "Every row keeps the rules of its table.",
        _broken_rules(),
        "The {table} breaks: {rule}.",
    ),
)
"""Every check, in the order of the invariants, then what is derived and what the tables say."""
