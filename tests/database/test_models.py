"""Constraints of the database, which reject invalid rows independently of the services."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from podgraph.database import columns
from podgraph.database.model import table_of
from podgraph.tables import accounts, capacity, events, lines, managed, metadata, ods

NOW = datetime(2026, 5, 14, 16, tzinfo=UTC)
LATER = datetime(2026, 6, 1, tzinfo=UTC)
ENTITY: dict[str, Any] = {"version": 1, "created_at": NOW, "updated_at": NOW}
MONEY: dict[str, Any] = {"currency": "USD"}

# One row of each table for the tests, of an organization "A" or "B".
ROWS: dict[Any, dict[str, Any]] = {
    accounts.Workspace: {"id": "WS-{}", "name": "Platform"},
    accounts.User: {"id": "USR-{}", "name": "Ada"},
    accounts.CommercialSubscription: {"id": "SUB-{}", "status": "ACTIVE"},
    accounts.Project: {"id": "PROJ-{}", "name": "Payments"},
    accounts.Talent: {"id": "SCR-{}", "weekly_hours_limit": Decimal(40)},
    lines.ServiceLine: {
        **ENTITY,
        "id": "LIN-{}",
        "workspace_id": "WS-{}",
        "name": "Payments pod",
        "product_line": "MANAGED_SERVICES",
        "execution_model": "ONGOING_SLA",
        "billing_model": "SUBSCRIPTION",
        "status": "ACTIVE",
    },
    capacity.CapacityPool: {
        **ENTITY,
        "id": "CAP-{}",
        "resource_type": "TALENT_HOURS",
        "total": Decimal(200),
        "allocated": Decimal(160),
        "unit": "hours_per_week",
        "period": "WEEKLY",
    },
    managed.Pod: {
        **ENTITY,
        "id": "POD-{}",
        "workspace_id": "WS-{}",
        "subscription_id": "SUB-{}",
        "name": "Payments",
        "status": "SCOPING",
        "delivery_model": "MANAGED_DELIVERY",
        "required_capabilities": ["qa"],
        "requested_team_size": 2,
        "team_size": 0,
        "duration_months": 12,
        "auto_complete": False,
    },
    ods.OutcomeRequest: {
        **ENTITY,
        "id": "OREQ-{}",
        "workspace_id": "WS-{}",
        "subscription_id": "SUB-{}",
        "title": "Onboarding",
        "description": "A new onboarding.",
        "desired_outcome": "Fewer people give up.",
        "acceptance_criteria": ["It is live."],
        "status": "SCOPING",
    },
    ods.Scope: {
        **ENTITY,
        **MONEY,
        "id": "OSCOPE-{}",
        "request_id": "OREQ-{}",
        "workspace_id": "WS-{}",
        "title": "Onboarding",
        "status": "PENDING_CONFIRMATION",
        "timeline_weeks": 3,
        "fixed_price": Decimal(15500),
        "payment_schedule": [],
        "capacity_pool_id": "CAP-{}",
        "committed_per_week": Decimal(40),
        "open_count": 3,
    },
    ods.Cycle: {
        **ENTITY,
        **MONEY,
        "id": "OCYCLE-{}",
        "scope_id": "OSCOPE-{}",
        "sequence": 1,
        "kind": "DELIVERY",
        "name": "Cycle 1",
        "status": "IN_REVIEW",
        "planned_start": date(2026, 5, 1),
        "planned_end": date(2026, 5, 21),
        "extra_cost": Decimal(0),
    },
}
MORE: dict[Any, dict[str, Any]] = {
    accounts.Membership: {"id": "MEM-1", "user_id": "USR-{}", "role": "ORG_OWNER"},
    events.Event: {
        "id": "EVT-1",
        "sequence": 1,
        "type": "pod.requested",
        "occurred_at": NOW,
        "actor_type": "USER",
        "actor_id": "USR-A",
        "subject_id": "POD-A",
        "payload": {},
        "changes": [],
        "correlation_id": "1",
    },
    lines.ServiceLineProject: {"service_line_id": "LIN-{}", "project_id": "PROJ-{}"},
    lines.Incident: {
        **ENTITY,
        "id": "INC-1",
        "service_line_id": "LIN-{}",
        "type": "SLA_BREACH",
        "severity": "P2",
        "suspected": False,
        "title": "SLA response time exceeded",
        "status": "OPEN",
        "opened_at": NOW,
    },
    capacity.Allocation: {
        **ENTITY,
        "id": "ALLOC-1",
        "workspace_id": "WS-{}",
        "capacity_pool_id": "CAP-{}",
        "service_line_id": "LIN-{}",
        "resource_type": "TALENT_HOURS",
        "committed_per_period": Decimal(40),
        "committed_per_week": Decimal(40),
        "charge": Decimal(40),
        "status": "ACTIVE",
        "origin": "activation",
        "starts_at": NOW,
    },
    capacity.CapacityRequest: {
        "id": "CREQ-1",
        "source_type": "POD",
        "source_id": "POD-A",
        "workspace_id": "WS-{}",
        "resource_type": "TALENT_HOURS",
        "quantity": Decimal(80),
        "confidence": "requested",
        "needed_from": date(2026, 7, 1),
    },
    managed.PodMember: {
        "pod_id": "POD-{}",
        "position": 1,
        "talent_id": "SCR-{}",
        "role": "qa_engineer",
        "joined_at": NOW,
    },
    ods.Payment: {
        **ENTITY,
        **MONEY,
        "id": "PAY-1",
        "scope_id": "OSCOPE-{}",
        "milestone": "upfront",
        "trigger": "SCOPE_CONFIRMED",
        "percent": Decimal(50),
        "amount": Decimal(7750),
        "status": "SCHEDULED",
        "description": "50% upfront on scope confirmation",
    },
}


async def add(connection: AsyncConnection, model: Any, organization: str = "A", **given: Any) -> None:
    """Insert the default row of `model` for an organization, with some values replaced."""
    usual = {
        name: value.format(organization) if isinstance(value, str) else value
        for name, value in (ROWS | MORE)[model].items()
    }
    row = usual | {"organization_id": organization} | given
    async with connection.begin_nested():
        await connection.execute(insert(table_of(model)).values(row))


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Two organizations with equal records."""
    async with engine.connect() as connection:
        for organization in ("A", "B"):
            row = {"id": organization, "name": organization, "currency": "USD"}
            await connection.execute(insert(metadata.tables["organization"]).values(row))
            for model in ROWS:
                await add(connection, model, organization)
        yield connection


CROSSING = [
    (managed.Pod, {"id": "POD-2", "workspace_id": "WS-B"}),
    (managed.Pod, {"id": "POD-2", "subscription_id": "SUB-B"}),
    (managed.Pod, {"id": "POD-2", "service_line_id": "LIN-B"}),
    (managed.PodMember, {"talent_id": "SCR-B"}),
    (lines.ServiceLineProject, {"project_id": "PROJ-B"}),
    (lines.Incident, {"pod_id": "POD-B"}),
    (capacity.Allocation, {"capacity_pool_id": "CAP-B"}),
    (capacity.Allocation, {"service_line_id": "LIN-B"}),
    (ods.Payment, {"scope_id": "OSCOPE-B"}),
    (accounts.Membership, {"workspace_id": "WS-B"}),
]


@pytest.mark.parametrize(("model", "foreign"), CROSSING)
async def test_reference_to_another_organization_is_rejected(
    connection: AsyncConnection, model: Any, foreign: dict[str, str]
) -> None:
    own = {name: value.replace("-B", "-A") for name, value in foreign.items()}

    with pytest.raises(IntegrityError):
        await add(connection, model, **foreign)

    await add(connection, model, **own)


async def test_users_of_other_organizations_may_act(connection: AsyncConnection) -> None:
    await add(connection, lines.Incident, raised_by="USR-B")
    await add(connection, accounts.Membership, user_id="USR-B")


# The first row, the values of a conflicting second row, and the values that resolve the conflict.
ONLY_ONE: list[tuple[Any, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (capacity.Allocation, {}, {"id": "ALLOC-2"}, {"origin": "extra"}),
    (capacity.CapacityRequest, {}, {"id": "CREQ-2"}, {"closed_at": NOW}),
    (managed.PodMember, {}, {"position": 2}, {"left_at": LATER}),
    (
        ods.Scope,
        {"id": "OSCOPE-1", "status": "CANCELLED"},
        {"id": "OSCOPE-2", "status": "ACTIVE"},
        {"status": "CANCELLED"},
    ),
    (
        ods.Cycle,
        {
            "id": "OCYCLE-1",
            "sequence": 2,
            "kind": "REMEDIATION",
            "parent_id": "OCYCLE-A",
            "status": "PLANNED",
        },
        {"id": "OCYCLE-2", "sequence": 3},
        {"status": "IN_PROGRESS"},
    ),
    (accounts.Membership, {}, {"id": "MEM-2"}, {"workspace_id": "WS-A"}),
    (accounts.Membership, {"workspace_id": "WS-A"}, {"id": "MEM-2"}, {"role": "MEMBER"}),
    (
        lines.ServiceLine,
        {"id": "LIN-1", "source_type": "POD", "source_id": "POD-A"},
        {"id": "LIN-2"},
        {"source_id": "POD-B"},
    ),
    (events.Event, {}, {"id": "EVT-2"}, {"sequence": 2}),
    (ods.Payment, {}, {"id": "PAY-2"}, {"milestone": "final"}),
]


@pytest.mark.parametrize(("model", "first", "second", "possible"), ONLY_ONE)
async def test_duplicate_is_rejected(
    connection: AsyncConnection,
    model: Any,
    first: dict[str, Any],
    second: dict[str, Any],
    possible: dict[str, Any],
) -> None:
    await add(connection, model, **first)

    with pytest.raises(IntegrityError):
        await add(connection, model, **first | second)

    await add(connection, model, **first | second | possible)


# An invalid row, and the values that make it valid.
REFUSED: list[tuple[Any, dict[str, Any], dict[str, Any]]] = [
    (capacity.CapacityPool, {"id": "CAP-2", "allocated": Decimal("200.0001")}, {"allocated": Decimal(200)}),
    (capacity.CapacityPool, {"id": "CAP-2", "allocated": Decimal("-0.0001")}, {"allocated": Decimal(0)}),
    (capacity.Allocation, {"charge": Decimal("39.9999")}, {"charge": Decimal(40)}),
    (capacity.Allocation, {"charge": Decimal(0)}, {"status": "CLOSED"}),
    (managed.Pod, {"id": "POD-2", "status": "RUNNING"}, {"status": "ACTIVE"}),
    (managed.Pod, {"id": "POD-2", "requested_team_size": 0}, {"requested_team_size": 1}),
    (managed.Pod, {"id": "POD-2", "requested_team_size": 101}, {"requested_team_size": 100}),
    (managed.Pod, {"id": "POD-2", "duration_months": 61}, {"duration_months": 60}),
    (managed.Pod, {"id": "POD-2", "cost_per_month": Decimal(38000)}, {"currency": "USD"}),
    (managed.Pod, {"id": "POD-2", "started_at": LATER, "ended_at": NOW}, {"ended_at": LATER}),
    (managed.PodMember, {"joined_at": LATER, "left_at": NOW}, {"left_at": LATER}),
    (ods.OutcomeRequest, {"id": "OREQ-2", "timeline_weeks": 53}, {"timeline_weeks": 52}),
    (
        ods.Cycle,
        {"id": "OCYCLE-2", "sequence": 2, "planned_end": date(2026, 4, 30)},
        {"planned_end": NOW.date()},
    ),
    (ods.Cycle, {"id": "OCYCLE-2", "sequence": 2, "kind": "REMEDIATION"}, {"parent_id": "OCYCLE-A"}),
    (ods.Payment, {"amount": Decimal("-0.01")}, {"amount": Decimal("0.01")}),
    (ods.Payment, {"status": "DUE"}, {"due_at": LATER}),
    (ods.Payment, {"status": "PAID", "due_at": LATER}, {"paid_at": NOW}),
    (lines.Incident, {"status": "RESOLVED", "opened_at": LATER, "resolved_at": NOW}, {"resolved_at": LATER}),
]


@pytest.mark.parametrize(("model", "wrong", "right"), REFUSED)
async def test_invalid_row_is_rejected(
    connection: AsyncConnection, model: Any, wrong: dict[str, Any], right: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError):
        await add(connection, model, **wrong)

    await add(connection, model, **wrong | right)


async def test_pool_cannot_allocate_more_than_its_total(connection: AsyncConnection) -> None:
    pool = metadata.tables["capacity_pool"]
    taken = update(pool).values(allocated=pool.c.allocated + Decimal("40.0001"))

    with pytest.raises(IntegrityError):
        async with connection.begin_nested():
            await connection.execute(taken)


TENANTLESS = {
    "organization",
    "id_counter",
    "idempotency_key",
    "last_write",
    "login_link",
    "rate_limit",
    "trusted_document",
}


def test_every_row_has_an_organization() -> None:
    without = {table.name for table in metadata.sorted_tables if "organization_id" not in table.c}

    assert without == TENANTLESS


def test_only_users_are_referenced_across_organizations() -> None:
    crossing = {
        key.referred_table.name
        for table in metadata.sorted_tables
        for key in table.foreign_key_constraints
        if "organization_id" not in key.column_keys
    }

    assert crossing == {"user"}


def test_every_foreign_key_has_an_index() -> None:
    missing = [
        f"{table.name}.{column}"
        for table in metadata.sorted_tables
        for key in table.foreign_key_constraints
        for column in key.column_keys
        if column != "organization_id" and column not in led(table)
    ]

    assert missing == []


def led(table: Table) -> set[str]:
    """The first columns of every index or key that covers the whole table."""
    whole = [index for index in table.indexes if index.dialect_options["sqlite"]["where"] is None]
    unique = [each for each in table.constraints if isinstance(each, UniqueConstraint | PrimaryKeyConstraint)]
    return {next(iter(each.columns)).name for each in [*whole, *unique]}


def test_no_table_class_is_mapped() -> None:
    assert not [model for model in (managed.Pod, ods.Scope, events.Event) if hasattr(model, "__mapper__")]


def test_every_amount_has_a_currency_column() -> None:
    with_money = {table.name for table in metadata.sorted_tables for column in table.c if column.type is columns.MONEY}

    assert "pod" in with_money
    assert {name for name in with_money if "currency" not in metadata.tables[name].c} == set()
