"""Random calls of every mutation by random actors, and invariants that are checked after each call.

A call is made from the schema: its ids are those of records that exist (now and then of others), its
words, amounts and days come from a few that are sensible and a few that are not. Half of the calls
are available actions of a record for the actor, so that records reach the end of their lifecycle.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from random import Random
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import context_for
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    get_nullable_type,
    is_required_input_field,
)
from podgraph.auth.viewer import Viewer
from podgraph.database.read_model import READ_MODELS, Reader, workspace_of
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo.reference import NOW
from podgraph.demo.reference.tenants import ORGANIZATION
from podgraph.doctor.registry import examine
from podgraph.execution.context import Context
from podgraph.execution.mutations import MUTATIONS
from podgraph.graphql.nodes import TYPES
from podgraph.kernel.clock import stopped_clock
from podgraph.kernel.roles import Role
from podgraph.kernel.transitions import AvailableAction, Transition, available_actions
from podgraph.schema import build_schema
from podgraph.tables import metadata

Rows = dict[str, dict[Any, Any]]
"""All rows by table and key."""

LEFT_ALONE = {"createOrganization", "createToken", "revokeToken"}
"""Mutations that only create new tenants, or are not part of the domain."""

ACTORS = {
    role: Viewer(None if role == Role.SYSTEM else "USR-26-000044", frozenset({ORGANIZATION}), frozenset({role}))
    for role in Role
}

_REFERENCES = {
    "podId": "pod",
    "ticketId": "ticket",
    "incidentId": "incident",
    "serviceLineId": "service_line",
    "requestId": "outcome_request",
    "outcomeRequestId": "outcome_request",
    "scopeId": "scope",
    "cycleId": "cycle",
    "deliverableId": "deliverable",
    "paymentId": "payment",
    "capacityPoolId": "capacity_pool",
    "allocationId": "allocation",
    "allocationChangeId": "allocation_change",
    "changeId": "allocation_change",
    "workspaceId": "workspace",
    "organizationId": "organization",
    "subscriptionId": "commercial_subscription",
    "talentId": "talent",
    "projectId": "project",
    "ids": "pod",
    "projectIds": "project",
    "projectTags": "project",
    "slaReportId": "sla_report",
    "reportId": "sla_report",
}
_WORDS = ["Release freeze until June, as agreed.", "Load test", "AC-1", "x" * 300, "", "a bell \a"]
_AMOUNTS = ["1", "2.5", "40", "100", "15500.00", "0", "-1", "0.001", "99999999999999"]


class World:
    """A database, its clock, and its last state."""

    def __init__(self, engine: AsyncEngine, random: Random) -> None:
        self.engine, self.random, self.now = engine, random, NOW
        self.schema: GraphQLSchema = build_schema()._schema
        self.rows: Rows = {}
        self.done: list[str] = []
        self.actors = ACTORS

    async def look(self) -> Rows:
        """Every row of every table except the audit trail, which records rejected mutations."""
        async with self.engine.connect() as connection:
            return {
                table.name: {
                    tuple(row._mapping[column.name] for column in table.primary_key): row
                    for row in await connection.execute(select(table))
                }
                for table in metadata.sorted_tables
                if table.name != "audit_entry"
            }

    async def step(self) -> None:
        """One random call, and the check of its invariants."""
        name, given, refused = await self.call()
        before, self.rows = self.rows, await self.look()
        if refused:
            assert self.rows == before, f"{name} was refused and changed something: {given}"
        check(before, self.rows)

    async def call(
        self, mutation: str | None = None, known: Mapping[str, Any] = MappingProxyType({})
    ) -> tuple[str, dict[str, Any], bool]:
        """One random call, of this mutation or any: the mutation, its input, and whether it was rejected.

        `known` are values of the input of `mutation` that are not random.
        """
        self.now += timedelta(hours=self.random.choice([0, 0, 1, 30, 24 * 9]))
        if not self.rows:
            self.rows = await self.look()
        named = mutation and (mutation, _able(mutation, self.random), known)
        name, role, known = named or await self._chosen()
        given = self._input(self.input_type(name), known)
        payload = await self._called(name, role, given)
        self.done.append(f"{name} by {role}: {[one['code'] for one in payload['userErrors']] or 'done'}")
        return name, given, bool(payload["userErrors"])

    async def healthy(self) -> None:
        """The doctor finds no faults."""
        async with Snapshot(self.engine) as snapshot:
            assert await examine(Reader(snapshot, Tenancy(None), self.now)) == []

    async def actions(self, viewer: Viewer, now: datetime) -> AsyncIterator[tuple[AvailableAction, Mapping[str, str]]]:
        """The actions of every record, each with the input field of its id."""
        for table, transitions in _LIVES.items():
            named = [key for key, leads_to in _REFERENCES.items() if leads_to == table]
            for record in await self._records(table):
                known = dict.fromkeys(named, record.id)
                roles = viewer.grants.roles_for(record, workspace_of(record))
                for one in available_actions(transitions, record, roles, now, viewer.user_id):
                    yield one, known

    async def _chosen(self) -> tuple[str, Role, dict[str, str]]:
        """A mutation, its caller and its record; half of them are available actions of the caller."""
        mutations = sorted(MUTATIONS.keys() - LEFT_ALONE)
        name = self.random.choice(mutations)
        wild: tuple[str, Role, dict[str, str]] = name, self.random.choice(list(Role)), {}
        if self.random.random() < 0.3:
            return wild
        table = self.random.choice(list(_LIVES))
        records = await self._records(table)
        if not records:
            return wild
        record = self.random.choice(records)
        role = self.random.choice([Role.ORG_OWNER, Role.OPERATOR, Role.DELIVERY, Role.SYSTEM])
        actions = [
            one.mutation
            for one in available_actions(_LIVES[table], record, {role}, self.now)
            if one.enabled and one.mutation in mutations
        ]
        if not actions:
            return name, _able(name, self.random), {}
        known = {key: record.id for key, named in _REFERENCES.items() if named == table}
        return self.random.choice(actions), role, known

    async def _records(self, table: str) -> list[Any]:
        relation = READ_MODELS[table]
        source = relation.source()
        async with Snapshot(self.engine) as snapshot:
            reader = Reader(snapshot, Tenancy(None), self.now)
            return relation.records(await reader.rows(select(*source.columns).order_by(source["id"])))

    def input_type(self, name: str) -> GraphQLInputObjectType:
        mutation = self.schema.mutation_type
        assert mutation
        kind = get_nullable_type(mutation.fields[name].args["input"].type)
        assert isinstance(kind, GraphQLInputObjectType)
        return kind

    def _input(self, kind: GraphQLInputObjectType, known: Mapping[str, Any]) -> dict[str, Any]:
        given = {}
        for name, field in kind.fields.items():
            if name in {"idempotencyKey", "expectedVersion"} and not is_required_input_field(field):
                continue
            if is_required_input_field(field) or self.random.random() < (0.1 if name == "dryRun" else 0.5):
                given[name] = known.get(name) or self._value(name, field.type)
        return given

    def _value(self, name: str, kind: Any) -> Any:
        kind = get_nullable_type(kind) if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(kind, GraphQLList):
            return [self._value(name, kind.of_type) for _ in range(self.random.choice([1, 1, 2, 3]))]
        if isinstance(kind, GraphQLInputObjectType):
            return self._input(kind, {})
        if isinstance(kind, GraphQLEnumType):
            return self.random.choice(list(kind.values))
        if name in _REFERENCES and self.random.random() < 0.95:
            return self.random.choice([key[-1] for key in self.rows[_REFERENCES[name]]] or ["X-1"])
        return self._scalar(name, kind.name)

    def _scalar(self, name: str, kind: str) -> Any:
        random = self.random
        day = self.now.date() + timedelta(days=random.choice([-400, -7, -1, 0, 1, 7, 14, 40]))
        if kind == "Date" and name == "weekStart":
            return str(day - timedelta(days=day.weekday()))
        made: dict[str, Callable[[], Any]] = {
            "ID": lambda: random.choice([*self.rows["user"]])[-1],
            "Int": lambda: random.choice([1, 2, 3, 5, 12, 0, -1, 2_000_000_000]),
            "Boolean": lambda: random.choice([True, False]),
            "Decimal": lambda: random.choice(_AMOUNTS),
            "Date": lambda: str(day),
            "DateTime": lambda: datetime.combine(day, time(12), UTC).isoformat(),
            "Period": lambda: f"{day:%Y-%m}",
            "URL": lambda: "https://example.com/report",
            "String": lambda: "USD" if "currency" in name.lower() else random.choice(_WORDS),
            "JSON": dict,
        }
        return made[kind]()

    async def _called(self, name: str, role: Role, given: dict[str, Any]) -> Any:
        kind = self.input_type(name).name
        document = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ code message }} }} }}"
        context = context_for(self.engine, self.actors[role])
        context = Context(context.viewer, self.engine, stopped_clock(self.now))
        result = await build_schema().execute(document, {"input": given}, context)
        codes = [(error.extensions or {}).get("code") for error in result.errors or []]
        assert not set(codes) - {None, "BAD_USER_INPUT"}, f"{name} {given}: {result.errors}"
        return (result.data or {}).get(name) or {"userErrors": [{"code": "BAD_USER_INPUT"}]}


def check(before: Rows, after: Rows) -> None:
    """Invariants of any change: versions grow, statuses follow their tables, and events record it."""
    events = [row for key, row in after["event"].items() if key not in before["event"]]
    subjects = {event.subject_id for event in events}
    for table, kind in TYPES.items():
        columns = metadata.tables[table].c
        for key, row in after[table].items():
            old: Any = before[table].get(key)
            if old == row or table == "event":
                continue
            if {"id", "version"} <= set(columns.keys()) and not _only_counted(old, row):
                assert row.id in subjects, f"no event records {table} {row.id}: {old} became {row}"
                assert row.version == (old.version + 1 if old else 1) or row.version > old.version
            # The status of a metric follows from measurements, without a table of transitions.
            if "status" in columns and _table_of(kind) and old is not None and old.status != row.status:
                assert (old.status, row.status) in _ways(kind), f"{key}: {old.status} to {row.status}"
    _sums(after)


def _only_counted(old: Any, row: Any) -> bool:
    """Whether a change only updates counters, which events of other records cover.

    An allocation's event contains what its pool allocated, a deliverable's the open ones of its scope, and a
    scope's which line its payments are for.
    """
    changed = {name for name, value in row._mapping.items() if old is not None and old._mapping[name] != value}
    return old is not None and changed <= {
        "allocated",
        "open_count",
        "service_line_id",
        "version",
        "updated_at",
    }


def _sums(rows: Rows) -> None:
    payments: dict[str, Any] = {}
    for payment in rows["payment"].values():
        payments[payment.scope_id] = payments.get(payment.scope_id, 0) + payment.amount
    for scope in rows["scope"].values():
        assert payments[scope.id] == scope.fixed_price
    ended = {one.id for one in rows["service_line"].values() if one.status in ("CLOSED", "TERMINATED")}
    charges: dict[str, Any] = {}
    for allocation in rows["allocation"].values():
        if allocation.status != "CLOSED":
            assert allocation.service_line_id not in ended
            pool = allocation.capacity_pool_id
            charges[pool] = charges.get(pool, 0) + allocation.charge
    for pool in rows["capacity_pool"].values():
        assert pool.allocated == charges.get(pool.id, 0) <= pool.total


def _table_of(kind: Any) -> tuple[Transition, ...]:
    return tuple(getattr(kind, "transitions", ()))


_LIVES = {name: _table_of(TYPES[name]) for name in sorted(TYPES) if _table_of(TYPES[name])}
"""Transitions of record types by table."""


def _ways(kind: Any) -> set[tuple[str, str]]:
    """Every transition between two statuses, and combinations of several transitions."""
    steps = {
        (str(source), str(row.target)) for row in _table_of(kind) if row.target is not None for source in row.sources
    }
    while more := {(a, d) for a, b in steps for c, d in steps if b == c and a != d} - steps:
        steps |= more
    return steps


def _able(name: str, random: Random) -> Role:
    return Role[random.choice(sorted(MUTATIONS[name].roles))]
