"""Every check on real databases: no finding on valid data, and only its own finding on damaged data."""

from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo.generator import seed
from podgraph.demo.reference import NOW
from podgraph.doctor.check import Finding
from podgraph.doctor.registry import CHECKS, examine

POD, SCOPE, ALLOCATION = "POD-26-000008", "OSCOPE-26-000009", "ALLOC-26-000441"
POD_LINE, SCOPE_LINE, TALENT_LINE = "LIN-26-088401", "LIN-26-092200", "LIN-26-084729"
OTHER_POD = "(SELECT min(id) FROM pod WHERE organization_id <> 'ORG-26-090500')"
TICKET = f"SELECT min(id) FROM ticket WHERE pod_id = '{POD}' AND response_sla = 'MET'"
REPORT = f"SELECT id FROM sla_report WHERE pod_id = '{POD}' AND period = "


@dataclass(frozen=True)
class Break:
    """Damage that the check with this sentence finds: statements about the record `id`, or the one it selects.

    `lifted` is the table and the constraint that would prevent the damage.
    """

    sentence: str
    id: str
    statements: tuple[str, ...]
    lifted: tuple[str, str] | None = None


BREAKS = (
    Break(
        "A pool's allocated amount is between 0 and its total.",
        "CAP-26-000112",
        ("UPDATE capacity_pool SET total = allocated - 1 WHERE id = :id",),
        ("capacity_pool", "allocated"),
    ),
    Break(
        "A pool's allocated amount is the sum of the charges of its open allocations.",
        "CAP-26-000112",
        ("UPDATE capacity_pool SET allocated = allocated - 1 WHERE id = :id",),
    ),
    Break(
        "An open allocation's charge is the larger of its committed and its scheduled quantity.",
        ALLOCATION,
        (
            "UPDATE allocation SET charge = charge + 1 WHERE id = :id",
            "UPDATE capacity_pool SET allocated = allocated + 1 WHERE id = 'CAP-26-000112'",
        ),
    ),
    Break(
        "A started scope has exactly one service line, the one that it references.",
        SCOPE,
        (
            "UPDATE scope SET service_line_id = NULL WHERE id = :id",
            "UPDATE payment SET service_line_id = NULL WHERE scope_id = :id",
        ),
    ),
    Break(
        "The activation of a scope's service line has created exactly one allocation.",
        SCOPE_LINE,
        ("UPDATE allocation SET origin = 'extra' WHERE service_line_id = :id",),
    ),
    Break(
        "A service line's status follows the status of its scope.",
        SCOPE_LINE,
        ("UPDATE service_line SET status = 'PAUSED' WHERE id = :id",),
    ),
    Break(
        "A confirmed scope has released exactly one upfront payment.",
        SCOPE,
        ("UPDATE payment SET status = 'SCHEDULED' WHERE scope_id = :id AND status = 'DUE'",),
    ),
    Break(
        "A started pod has exactly one service line, the one that it references.",
        POD,
        ("UPDATE pod SET service_line_id = NULL WHERE id = :id",),
    ),
    Break(
        "The activation of a pod's service line has created exactly one allocation.",
        POD_LINE,
        ("UPDATE allocation SET origin = 'extra' WHERE service_line_id = :id",),
    ),
    Break(
        "A service line's status follows the status of its pod.",
        POD_LINE,
        ("UPDATE service_line SET status = 'PAUSED' WHERE id = :id",),
    ),
    Break(
        "A started pod has exactly one SLA.",
        "SELECT min(id) FROM pod WHERE status = 'SCOPING'",
        (
            """INSERT INTO sla_terms (organization_id, id, pod_id, throughput_tasks_per_sprint,
                   sprint_length_days, response_time_hours, availability_hours_per_week,
                   quality_gate_percent, tolerances, weights, effective_from)
               SELECT organization_id, 'SLA-26-000001', :id, throughput_tasks_per_sprint,
                   sprint_length_days, response_time_hours, availability_hours_per_week,
                   quality_gate_percent, tolerances, weights, effective_from
               FROM sla_terms WHERE id = 'SLA-26-000008'""",
        ),
    ),
    Break(
        "A scope's open count is the number of its deliverables that are not accepted.",
        SCOPE,
        ("UPDATE scope SET open_count = open_count + 1 WHERE id = :id",),
    ),
    Break(
        "A scope completes when its last deliverable is accepted.",
        SCOPE,
        (
            "UPDATE deliverable SET status = 'ACCEPTED' WHERE scope_id = :id",
            "UPDATE scope SET open_count = 0 WHERE id = :id",
        ),
    ),
    Break(
        "A completed scope has released exactly one final payment, any other scope none.",
        SCOPE,
        (
            """UPDATE payment SET status = 'DUE', due_at = created_at
               WHERE scope_id = :id AND status = 'SCHEDULED'""",
        ),
    ),
    Break(
        "The payments of a scope add up to its fixed price.",
        SCOPE,
        ("UPDATE scope SET fixed_price = fixed_price + 1 WHERE id = :id",),
    ),
    Break(
        "A payment is void only through its cancelled scope or an event; a cancelled scope has no scheduled payment.",
        f"SELECT id FROM payment WHERE scope_id = '{SCOPE}' AND status = 'SCHEDULED'",
        ("UPDATE payment SET status = 'VOID' WHERE id = :id",),
    ),
    Break(
        "No allocation is open on a service line that has ended.",
        """SELECT min(allocation.id) FROM allocation JOIN service_line line ON line.id = service_line_id
           WHERE line.status = 'TERMINATED'""",
        (
            "UPDATE allocation SET status = 'ACTIVE' WHERE id = :id",
            """UPDATE capacity_pool
               SET allocated = allocated + (SELECT charge FROM allocation WHERE allocation.id = :id)
               WHERE id = (SELECT capacity_pool_id FROM allocation WHERE allocation.id = :id)""",
        ),
    ),
    Break(
        "A cycle has at most one planned remediation.",
        "SELECT min(parent_id) FROM cycle",
        (
            "DROP INDEX uq_cycle_remediation_open",
            """UPDATE cycle SET kind = 'REMEDIATION', status = 'PLANNED', parent_id = :id
               WHERE id <> :id AND scope_id = (SELECT scope_id FROM cycle WHERE id = :id)""",
        ),
    ),
    Break(
        "The cycle of a deliverable is in its history.",
        "DLV-26-000081",
        ("DELETE FROM deliverable_cycle WHERE deliverable_id = :id",),
    ),
    Break(
        "A request has at most one scope that is not cancelled.",
        "SELECT request_id FROM scope GROUP BY request_id HAVING count(*) = 2",
        (
            "DROP INDEX uq_scope_not_cancelled",
            "UPDATE scope SET status = 'PENDING_CONFIRMATION' WHERE request_id = :id",
            """UPDATE payment SET status = 'SCHEDULED'
               WHERE scope_id IN (SELECT id FROM scope WHERE request_id = :id)""",
        ),
    ),
    Break(
        "The revisions of a pod's scope are numbered from 1 to the current one without gaps.",
        f"SELECT id FROM pod_scope WHERE pod_id = '{POD}'",
        ("DELETE FROM pod_scope_revision WHERE pod_scope_id = :id AND number = 2",),
    ),
    Break(
        "A published report has all four metrics.",
        f"{REPORT} '2026-04'",
        ("DELETE FROM sla_metric_result WHERE sla_report_id = :id AND metric = 'THROUGHPUT'",),
    ),
    Break(
        "The status of a published metric follows from its actual, target and tolerance.",
        f"{REPORT} '2026-04'",
        # Attainment above 100 counts as 100.
        (
            """UPDATE sla_metric_result SET attainment_percent = attainment_percent + 1
               WHERE sla_report_id = :id AND metric = 'THROUGHPUT'""",
        ),
    ),
    Break(
        "The compliance and the breaches of a published report follow from its metrics.",
        f"{REPORT} '2026-03'",
        ("UPDATE sla_report SET compliance_percent = compliance_percent - 1 WHERE id = :id",),
    ),
    Break(
        "An SLA's current compliance is the compliance of the pod's latest published report.",
        "SLA-26-000008",
        ("UPDATE sla_terms SET current_compliance = current_compliance - 1 WHERE id = :id",),
    ),
    Break(
        "The events of an organization are numbered from 1 without gaps.",
        "SELECT id FROM event WHERE organization_id = 'ORG-26-090500' AND sequence = 3",
        ("DELETE FROM event WHERE organization_id = 'ORG-26-090500' AND sequence = 2",),
    ),
    Break(
        "An organization's event counter is the number of its last event.",
        "ORG-26-090500",
        ("UPDATE event_counter SET sequence = sequence + 1 WHERE organization_id = :id",),
    ),
    Break(
        "No id has a number above the counter of its prefix.",
        "TKT",
        ("UPDATE id_counter SET value = value - 1 WHERE prefix = :id",),
    ),
    Break(
        "Every reference stays within the organization.",
        TICKET,
        (f"UPDATE ticket SET pod_id = {OTHER_POD} WHERE id = :id",),
    ),
    Break(
        "The source of a service line is in its organization.",
        TALENT_LINE,
        ("UPDATE service_line SET source_type = 'SCOPE', source_id = 'OSCOPE-26-999999' WHERE id = :id",),
    ),
    Break(
        "The source of a capacity request is in its organization.",
        "SELECT min(id) FROM capacity_request WHERE source_type = 'POD' AND closed_at IS NULL",
        (f"UPDATE capacity_request SET source_id = {OTHER_POD} WHERE id = :id",),
    ),
    Break(
        "The subject of an event is in its organization.",
        "SELECT id FROM event WHERE organization_id = 'ORG-26-090500' AND sequence = 1",
        (f"UPDATE event SET subject_id = {OTHER_POD} WHERE id = :id",),
    ),
    Break(
        "A ticket's response SLA follows from its response time and deadline.",
        TICKET,
        ("UPDATE ticket SET response_sla = 'BREACHED' WHERE id = :id",),
    ),
    Break(
        "A week's utilisation is its actual as a percentage of its committed quantity.",
        ALLOCATION,
        (
            """UPDATE allocation_actual SET utilisation_percent = utilisation_percent + 1
               WHERE allocation_id = :id AND week_start =
                   (SELECT min(week_start) FROM allocation_actual WHERE allocation_id = :id)""",
        ),
    ),
    Break(
        "An allocation has the figures of its latest week.",
        ALLOCATION,
        ("UPDATE allocation SET actual_last_week = actual_last_week + 1 WHERE id = :id",),
    ),
    Break(
        "An allocation's quantity per week is its quantity per pool period, converted to weeks.",
        ALLOCATION,
        ("UPDATE allocation SET committed_per_week = committed_per_week + 1 WHERE id = :id",),
    ),
    Break(
        "The size of a pod's team is the number of its active members.",
        POD,
        ("UPDATE pod SET team_size = team_size + 1 WHERE id = :id",),
    ),
    Break(
        "A column that is copied from a referenced record equals the original.",
        ALLOCATION,
        ("UPDATE allocation SET resource_type = 'COMPUTE' WHERE id = :id",),
    ),
    Break(
        "Every amount is in the organization's currency.",
        f"SELECT min(id) FROM payment WHERE scope_id = '{SCOPE}'",
        ("UPDATE payment SET currency = 'EUR' WHERE id = :id",),
    ),
    Break(
        "Every enum column contains a value of its enum.",
        TICKET,
        ("UPDATE ticket SET priority = 'WHENEVER' WHERE id = :id",),
        ("ticket", "priority"),
    ),
    Break(
        "Every row satisfies the constraints of its table.",
        POD,
        ("UPDATE pod SET requested_team_size = 0 WHERE id = :id",),
        ("pod", "requested_team_size"),
    ),
)


async def findings_of(engine: AsyncEngine) -> list[Finding]:
    async with Snapshot(engine) as snapshot:
        return await examine(Reader(snapshot, Tenancy(None), NOW))


async def lift(connection: AsyncConnection, rule: tuple[str, str] | None) -> None:
    """Disable foreign keys and one constraint, so that the database accepts the damage."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        if rule:
            table, name = rule
            await connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}"))
        return
    # SQLite ignores this pragma within a transaction, so it bypasses the connection of SQLAlchemy.
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    await driver.execute("PRAGMA foreign_keys = OFF")
    await driver.execute("PRAGMA ignore_check_constraints = ON")


async def apply(engine: AsyncEngine, damage: Break) -> str:
    """Damage the data; returns the id of the damaged record."""
    async with engine.connect() as connection:
        await lift(connection, damage.lifted)
        broken = damage.id
        if broken.startswith("SELECT"):
            broken = (await connection.execute(text(broken))).scalar_one()
        for statement in damage.statements:
            given = {"id": broken} if ":id" in statement else {}
            await connection.execute(text(statement), given)
        await connection.commit()
    return broken


async def test_the_reference_data_breaks_nothing(demo_engine: AsyncEngine) -> None:
    assert await findings_of(demo_engine) == []


async def test_an_empty_database_breaks_nothing(engine: AsyncEngine) -> None:
    assert await findings_of(engine) == []


@pytest.mark.writes
async def test_generated_data_breaks_nothing(demo_engine: AsyncEngine) -> None:
    await seed(demo_engine, pods=12, seed=7, now=NOW, progress=lambda _: None)
    assert await findings_of(demo_engine) == []


@pytest.mark.writes
@pytest.mark.parametrize("damage", BREAKS, ids=lambda damage: damage.sentence)
async def test_broken_data_is_found_by_its_check(demo_engine: AsyncEngine, damage: Break) -> None:
    broken = await apply(demo_engine, damage)
    findings = await findings_of(demo_engine)
    assert [(one.sentence, one.id) for one in findings] == [(damage.sentence, broken)]


def test_every_check_has_a_failing_example() -> None:
    assert {check.sentence for check in CHECKS} == {damage.sentence for damage in BREAKS}


@pytest.mark.writes
async def test_a_finding_names_organization_record_and_problem(demo_engine: AsyncEngine) -> None:
    sentence = "A pool's allocated amount is the sum of the charges of its open allocations."
    emptied = "UPDATE capacity_pool SET allocated = 0 WHERE id = :id"
    await apply(demo_engine, Break(sentence, "CAP-26-000112", (emptied,)))
    detail = "0 allocated, 160 charged."
    assert await findings_of(demo_engine) == [Finding("I2", sentence, "ORG-26-090500", "CAP-26-000112", detail)]
