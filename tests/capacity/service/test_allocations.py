"""Mutations of pools and allocations: results, errors and concurrency."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.auth.viewer import Viewer
from podgraph.capacity.lifecycle import ResourceType
from podgraph.capacity.service.allocations import close_all
from podgraph.capacity.service.demand import request_capacity
from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo.reference import NOW
from podgraph.doctor.registry import examine
from podgraph.execution.context import Context
from podgraph.kernel.clock import stopped_clock
from podgraph.kernel.roles import Role
from podgraph.scheduler.service import run_due_jobs
from podgraph.schema import build_schema
from podgraph.writes.transaction import PLATFORM, WriteTransaction
from podgraph.writes.unit_of_work import begin_write

pytestmark = pytest.mark.writes

APEX = frozenset({"ORG-26-090500"})
OWNER = Viewer("USR-26-000044", APEX, frozenset({Role.ORG_OWNER}))
MEMBER = Viewer("USR-26-000046", APEX, frozenset({Role.MEMBER}))
OPERATOR = Viewer("USR-26-000101", APEX, frozenset({Role.OPERATOR}))
DELIVERY = Viewer("USR-26-000102", APEX, frozenset({Role.DELIVERY}))
STRANGER = Viewer("USR-26-000061", frozenset({"ORG-26-090611"}), frozenset({Role.ORG_OWNER}))

POOL, CREDITS, SHARED = "CAP-26-000112", "CAP-26-000198", "CAP-26-000120"
ALLOCATION, LINE = "ALLOC-26-000441", "LIN-26-084729"
POD_LINE = "LIN-26-088401"
JUNE = datetime(2026, 6, 1, tzinfo=UTC)

Digest = Callable[[], Awaitable[str]]

SHOWN = {
    "Pool": "capacityPool { id total allocated available unit period workspace { id } version }",
    "Allocation": """allocation {
        id status committedPerWeek committedPerPeriod actualLastWeek utilisationPercent endsAt version
        capacityPool { id total allocated available } serviceLine { id }
        resources { talent { id } committedHoursPerWeek } pendingChanges { id committedPerWeek effectiveAt }
    }""",
}


async def mutate(engine: AsyncEngine, name: str, viewer: Viewer, /, at: datetime = NOW, **given: Any) -> Any:
    """The payload of a mutation of capacity."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    shown = SHOWN["Pool" if "Pool" in name else "Allocation"]
    common = "userErrors { code field message } warnings { code } events { type subject { __typename } }"
    result = await build_schema().execute(
        f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {shown} {common} }} }}",
        variable_values={"input": given},
        context_value=Context(viewer, engine, stopped_clock(at)),
    )
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data[name]


async def change(engine: AsyncEngine, viewer: Viewer = OWNER, at: datetime = NOW, **given: Any) -> Any:
    """The payload of updateAllocation on the documents' allocation."""
    given = {"allocationId": ALLOCATION, "reason": "As agreed", **given}
    return await mutate(engine, "updateAllocation", viewer, at=at, **given)


async def end_line(engine: AsyncEngine) -> None:
    """End the documents' line, as its source would."""
    async with begin_write(engine) as connection:
        write = WriteTransaction(connection, PLATFORM, NOW)
        await close_all(write, LINE)
        ended = "UPDATE service_line SET status = 'CLOSED', ended_at = started_at WHERE id = :id"
        await write.run(text(ended), {"id": LINE})
        await write.finish()
        await connection.commit()


def codes(payload: Any) -> list[str]:
    return [one["code"] for one in payload["userErrors"]]


def events(payload: Any) -> list[str]:
    return [one["type"] for one in payload["events"]]


def warnings(payload: Any) -> list[str]:
    return [one["code"] for one in payload["warnings"]]


async def broken(engine: AsyncEngine) -> list[Any]:
    async with Snapshot(engine) as snapshot:
        return list(await examine(Reader(snapshot, Tenancy(None), NOW)))


# -- pools -----------------------------------------------------------------------------------------------


async def test_a_pool_has_the_unit_of_its_resource_type(
    demo_engine: AsyncEngine,
) -> None:
    given: dict[str, Any] = {
        "organizationId": "ORG-26-090500",
        "workspaceId": "WS-26-000022",
        "total": "80.5",
    }
    payload = await mutate(demo_engine, "createCapacityPool", OPERATOR, resourceType="TALENT_HOURS", **given)

    assert (codes(payload), events(payload)) == ([], ["capacity_pool.created"])
    pool = payload["capacityPool"]
    assert (pool["total"], pool["available"], pool["unit"]) == ("80.5", "80.5", "hours_per_week")
    assert (pool["period"], pool["workspace"]) == ("WEEKLY", {"id": "WS-26-000022"})


async def test_a_reduced_pool_warns_of_a_capacity_gap(
    demo_engine: AsyncEngine,
) -> None:
    payload = await mutate(demo_engine, "updateCapacityPool", OPERATOR, capacityPoolId=POOL, total="180")

    assert events(payload) == ["capacity_pool.updated", "capacity.gap_detected"]
    assert warnings(payload) == ["CAPACITY_GAP"]
    assert payload["capacityPool"]["available"] == "20"


async def test_an_enlarged_pool_emits_no_further_event(demo_engine: AsyncEngine) -> None:
    payload = await mutate(demo_engine, "updateCapacityPool", OPERATOR, capacityPoolId=POOL, total="210")

    assert (events(payload), warnings(payload)) == (["capacity_pool.updated"], [])


@pytest.mark.parametrize("total", ["210.5", "210.500", 210.5, "2.105e2"])
async def test_a_decimal_written_in_another_way_is_the_same_call(
    demo_engine: AsyncEngine, digest: Digest, total: str | float
) -> None:
    given: dict[str, Any] = {"capacityPoolId": POOL, "idempotencyKey": "enlarge"}
    first = await mutate(demo_engine, "updateCapacityPool", OPERATOR, total="210.50", **given)
    before = await digest()
    again = await mutate(demo_engine, "updateCapacityPool", OPERATOR, total=total, **given)
    other = await mutate(demo_engine, "updateCapacityPool", OPERATOR, total="210.5001", **given)

    assert (events(first), codes(again)) == (["capacity_pool.updated"], [])
    assert events(again) == events(first)
    assert codes(other) == ["IDEMPOTENCY_KEY_REUSED"]
    assert await digest() == before


@pytest.mark.parametrize(("workspace_id", "pool_id"), [("WS-26-000021", POOL), ("WS-26-000022", SHARED)])
async def test_a_demand_above_the_free_capacity_emits_an_event_on_its_pool(
    demo_engine: AsyncEngine, workspace_id: str, pool_id: str
) -> None:
    async with begin_write(demo_engine) as connection:
        write = WriteTransaction(connection, PLATFORM, NOW)
        await request_capacity(
            write,
            "CREQ-26-999999",
            "POD",
            "POD-26-000999",
            organization_id="ORG-26-090500",
            workspace_id=workspace_id,
            resource_type=str(ResourceType.TALENT_HOURS),
            quantity=1000,
            confidence="requested",
            needed_from=date(2026, 7, 1),
        )
        await write.finish()

    (event,) = write.events
    assert (event.type, event.subject_id) == ("capacity.gap_detected", pool_id)
    assert [one.code for one in write.result.warnings] == ["CAPACITY_GAP"]


POOLS_REFUSED: dict[str, Any] = {
    "less than is allocated": (OPERATOR, {"total": "159.9999"}, "POOL_SHORTFALL", ["total"]),
    "a client's wish": (OWNER, {"total": "300"}, "FORBIDDEN", None),
    "a stranger's wish": (STRANGER, {"total": "300"}, "NOT_FOUND", ["capacityPoolId"]),
    "another version": (OPERATOR, {"total": "300", "expectedVersion": 1}, "VERSION_CONFLICT", None),
    "less than nothing": (OPERATOR, {"total": "-1"}, "INVALID", ["total"]),
}


@pytest.mark.parametrize("case", POOLS_REFUSED)
async def test_a_pool_does_not_change_for(case: str, demo_engine: AsyncEngine, digest: Digest) -> None:
    viewer, given, code, path = POOLS_REFUSED[case]
    before = await digest()
    payload = await mutate(demo_engine, "updateCapacityPool", viewer, capacityPoolId=POOL, **given)

    assert codes(payload) == [code]
    assert path is None or payload["userErrors"][0]["field"] == path
    assert await digest() == before


async def test_a_pool_is_not_opened_for_another_organizations_workspace(
    demo_engine: AsyncEngine, digest: Digest
) -> None:
    before = await digest()
    given: dict[str, Any] = {"organizationId": "ORG-26-090500", "resourceType": "COMPUTE", "total": "1"}
    foreign: dict[str, Any] = {**given, "workspaceId": "WS-26-000031"}

    assert codes(await mutate(demo_engine, "createCapacityPool", OPERATOR, **foreign)) == ["CROSS_TENANT_REFERENCE"]
    assert codes(await mutate(demo_engine, "createCapacityPool", OWNER, **given)) == ["FORBIDDEN"]
    assert codes(await mutate(demo_engine, "createCapacityPool", STRANGER, **given)) == ["NOT_FOUND"]
    assert await digest() == before


# -- extra allocations -----------------------------------------------------------------------------------


async def test_a_line_holds_more_of_its_own_pool(demo_engine: AsyncEngine) -> None:
    people = [{"talentId": "SCR-132010", "role": "ml_engineer", "committedHoursPerWeek": "20"}]
    given: dict[str, Any] = {
        "serviceLineId": LINE,
        "capacityPoolId": POOL,
        "committedPerWeek": "20",
        "resources": people,
    }
    payload = await mutate(demo_engine, "createAllocation", OPERATOR, **given)

    assert (codes(payload), warnings(payload), events(payload)) == ([], [], ["allocation.created"])
    allocation = payload["allocation"]
    assert (allocation["status"], allocation["committedPerPeriod"]) == ("ACTIVE", "20")
    assert allocation["capacityPool"] == {"id": POOL, "total": "200", "allocated": "180", "available": "20"}
    assert allocation["resources"] == [{"talent": {"id": "SCR-132010"}, "committedHoursPerWeek": "20"}]
    assert await broken(demo_engine) == []


async def test_what_a_paused_line_is_given_pauses_with_it(demo_engine: AsyncEngine) -> None:
    pause = 'mutation { pausePod(input: {podId: "POD-26-000008", reason: "Freeze"}) { userErrors { code } } }'
    context = Context(OWNER, demo_engine, stopped_clock(NOW))
    assert (await build_schema().execute(pause, context_value=context)).errors is None
    given: dict[str, Any] = {"serviceLineId": POD_LINE, "capacityPoolId": SHARED, "committedPerPeriod": "8"}
    payload = await mutate(demo_engine, "createAllocation", OPERATOR, **given)

    assert (payload["allocation"]["status"], events(payload)) == (
        "PAUSED",
        ["allocation.created", "allocation.paused"],
    )


async def test_a_pool_of_months_is_charged_by_the_month(demo_engine: AsyncEngine) -> None:
    given: dict[str, Any] = {"serviceLineId": LINE, "capacityPoolId": CREDITS, "committedPerWeek": "1200"}
    payload = await mutate(demo_engine, "createAllocation", OPERATOR, **given)

    assert (payload["allocation"]["committedPerPeriod"], payload["allocation"]["committedPerWeek"]) == (
        "5200",
        "1200",
    )
    assert payload["allocation"]["capacityPool"]["allocated"] == "50200"


async def test_an_allocation_may_start_now(demo_engine: AsyncEngine) -> None:
    start = NOW.isoformat().replace("+00:00", "Z")
    given: dict[str, Any] = {"serviceLineId": LINE, "capacityPoolId": CREDITS, "committedPerWeek": "12"}
    answer = await mutate(demo_engine, "createAllocation", OPERATOR, **given, startsAt=start)

    assert (codes(answer), answer["allocation"]["status"]) == ([], "ACTIVE")


ALLOCATIONS_REFUSED: dict[str, Any] = {
    "more than is left": (OPERATOR, {"committedPerWeek": "41"}, "INSUFFICIENT_CAPACITY"),
    "nothing": (OPERATOR, {}, "REQUIRED"),
    "two quantities": (OPERATOR, {"committedPerWeek": "1", "committedPerPeriod": "1"}, "INVALID"),
    "another organization's pool": (OPERATOR, {"capacityPoolId": "foreign"}, "CROSS_TENANT_REFERENCE"),
    "another workspace's pool": (OPERATOR, {"serviceLineId": "elsewhere"}, "INVALID"),
    "an end in the past": (OPERATOR, {"committedPerWeek": "1", "endsAt": "2026-05-14T16:00:00Z"}, "INVALID"),
    "a start in the past": (
        OPERATOR,
        {"committedPerWeek": "1", "startsAt": "2026-05-14T15:00:00Z"},
        "INVALID",
    ),
    "a client": (OWNER, {"committedPerWeek": "1"}, "FORBIDDEN"),
    "a stranger": (STRANGER, {"committedPerWeek": "1"}, "NOT_FOUND"),
}


@pytest.mark.parametrize("case", ALLOCATIONS_REFUSED)
async def test_nothing_is_allocated_for(case: str, demo_engine: AsyncEngine, digest: Digest) -> None:
    viewer, given, code = ALLOCATIONS_REFUSED[case]
    async with demo_engine.connect() as connection:
        foreign = text("SELECT id FROM capacity_pool WHERE organization_id = 'ORG-26-090611'")
        elsewhere = text("SELECT min(id) FROM service_line WHERE workspace_id = 'WS-26-000022'")
        named = {
            "foreign": (await connection.execute(foreign)).scalar_one(),
            "elsewhere": (await connection.execute(elsewhere)).scalar_one(),
        }
    given = {"serviceLineId": LINE, "capacityPoolId": POOL, **given}
    before = await digest()
    payload = await mutate(
        demo_engine, "createAllocation", viewer, **{name: named.get(one, one) for name, one in given.items()}
    )

    assert codes(payload) == [code]
    assert await digest() == before


async def test_a_line_that_has_ended_is_given_nothing(demo_engine: AsyncEngine, digest: Digest) -> None:
    await end_line(demo_engine)
    before = await digest()
    given: dict[str, Any] = {"serviceLineId": LINE, "capacityPoolId": POOL, "committedPerWeek": "1"}

    assert codes(await mutate(demo_engine, "createAllocation", OPERATOR, **given)) == ["INVALID_TRANSITION"]
    assert await digest() == before


# -- changes ---------------------------------------------------------------------------------------------


async def test_a_pending_increase_holds_capacity_until_it_is_cancelled(
    demo_engine: AsyncEngine,
) -> None:
    payload = await change(demo_engine, committedPerWeek="60")
    assert payload["allocation"]["committedPerWeek"] == "40"
    assert payload["allocation"]["capacityPool"]["available"] == "20"

    (pending,) = payload["allocation"]["pendingChanges"]
    payload = await mutate(demo_engine, "cancelAllocationChange", OWNER, changeId=pending["id"])
    assert (codes(payload), events(payload)) == ([], ["allocation.change_cancelled"])
    assert payload["allocation"]["pendingChanges"] == []
    assert payload["allocation"]["capacityPool"]["available"] == "40"
    assert await broken(demo_engine) == []


async def test_a_later_change_replaces_the_pending_one_and_keeps_its_other_values(
    demo_engine: AsyncEngine,
) -> None:
    await change(demo_engine, committedPerWeek="60")
    payload = await change(demo_engine, resources=[])
    assert [one["committedPerWeek"] for one in payload["allocation"]["pendingChanges"]] == ["60"]

    await run_due_jobs(demo_engine, JUNE)
    payload = await mutate(demo_engine, "closeAllocation", OWNER, at=JUNE, allocationId=ALLOCATION, reason="Over")
    assert (payload["allocation"]["committedPerWeek"], payload["allocation"]["resources"]) == ("60", [])
    assert await broken(demo_engine) == []


async def test_who_began_before_an_allocation_was_made_closes_it_no_sooner(demo_engine: AsyncEngine) -> None:
    given = {"serviceLineId": LINE, "capacityPoolId": POOL, "committedPerWeek": "1"}
    later = NOW + timedelta(seconds=1)
    made = (await mutate(demo_engine, "createAllocation", OPERATOR, at=later, **given))["allocation"]
    payload = await mutate(demo_engine, "closeAllocation", OWNER, at=NOW, allocationId=made["id"], reason="Over")
    assert (codes(payload), payload["allocation"]["status"]) == ([], "CLOSED")
    async with demo_engine.connect() as connection:
        ended = text("SELECT started_at = ended_at, ended_at = updated_at FROM allocation WHERE id = :id")
        assert (await connection.execute(ended, {"id": made["id"]})).one() == (True, True)


async def test_a_change_for_now_leaves_what_is_to_come(demo_engine: AsyncEngine) -> None:
    await change(demo_engine, committedPerWeek="60")
    payload = await change(demo_engine, committedPerWeek="30", effectiveImmediately=True)

    assert payload["allocation"]["committedPerWeek"] == "30"
    assert [one["committedPerWeek"] for one in payload["allocation"]["pendingChanges"]] == ["60"]
    assert payload["allocation"]["capacityPool"]["available"] == "20"
    assert await broken(demo_engine) == []


async def test_an_overdue_change_is_applied_before_the_next_one(demo_engine: AsyncEngine) -> None:
    await change(demo_engine, committedPerWeek="36")
    payload = await change(demo_engine, at=JUNE, committedPerWeek="30")

    assert events(payload) == ["allocation.updated", "capacity.utilisation_warning", "allocation.updated"]
    assert payload["allocation"]["committedPerWeek"] == "36"
    assert [one["effectiveAt"] for one in payload["allocation"]["pendingChanges"]] == ["2026-07-01T00:00:00Z"]


async def test_an_end_is_taken_away_by_null(demo_engine: AsyncEngine) -> None:
    await change(demo_engine, endsAt="2026-06-30T23:59:59Z")
    payload = await change(demo_engine, endsAt=None)

    assert (payload["allocation"]["endsAt"], events(payload)) == (None, ["allocation.updated"])


async def test_somebody_who_is_promised_for_too_much_is_warned_of(demo_engine: AsyncEngine) -> None:
    people = [{"talentId": "SCR-129102", "role": "backend_engineer", "committedHoursPerWeek": "40"}]
    payload = await change(demo_engine, resources=people, effectiveImmediately=True)

    assert (warnings(payload), events(payload)) == (["TALENT_OVERCOMMITTED"], ["allocation.updated"])
    assert [one["talent"]["id"] for one in payload["allocation"]["resources"]] == ["SCR-129102"]


STRANGER_HOURS = [{"talentId": "SCR-133001", "role": "engineer", "committedHoursPerWeek": "1"}]
CHANGES_REFUSED: dict[str, Any] = {
    "no reason": (OWNER, {"committedPerWeek": "32", "reason": " "}, "INVALID"),
    "nothing": (OWNER, {}, "REQUIRED"),
    "two quantities": (OWNER, {"committedPerWeek": "32", "committedPerPeriod": "32"}, "INVALID"),
    "no hours": (OWNER, {"committedPerWeek": "0"}, "INVALID"),
    "more than the pool has, to come": (OWNER, {"committedPerWeek": "80.0001"}, "INSUFFICIENT_CAPACITY"),
    "more than the pool has, now": (
        OWNER,
        {"committedPerWeek": "80.0001", "effectiveImmediately": True},
        "INSUFFICIENT_CAPACITY",
    ),
    "an end in the past": (OWNER, {"endsAt": "2026-05-14T16:00:00Z"}, "INVALID"),
    "an invisible talent": (OWNER, {"resources": STRANGER_HOURS}, "NOT_FOUND"),
    "another organization's person": (OPERATOR, {"resources": STRANGER_HOURS}, "CROSS_TENANT_REFERENCE"),
    "a member": (MEMBER, {"committedPerWeek": "32"}, "FORBIDDEN"),
    "a stranger": (STRANGER, {"committedPerWeek": "32"}, "NOT_FOUND"),
    "another version": (OWNER, {"committedPerWeek": "32", "expectedVersion": 1}, "VERSION_CONFLICT"),
}


@pytest.mark.parametrize("case", CHANGES_REFUSED)
async def test_an_allocation_does_not_change_for(case: str, demo_engine: AsyncEngine, digest: Digest) -> None:
    viewer, given, code = CHANGES_REFUSED[case]
    before = await digest()

    assert codes(await change(demo_engine, viewer, **given)) == [code]
    assert await digest() == before


async def test_a_change_that_took_effect_is_not_cancelled(demo_engine: AsyncEngine, digest: Digest) -> None:
    (pending,) = (await change(demo_engine, committedPerWeek="36"))["allocation"]["pendingChanges"]
    await run_due_jobs(demo_engine, JUNE)
    before = await digest()
    payload = await mutate(demo_engine, "cancelAllocationChange", OWNER, at=JUNE, changeId=pending["id"])

    assert codes(payload) == ["INVALID_TRANSITION"]
    assert payload["allocation"]["committedPerWeek"] == "36"
    assert await digest() == before


async def test_an_allocation_is_closed_once(demo_engine: AsyncEngine, digest: Digest) -> None:
    await change(demo_engine, committedPerWeek="60")
    given: dict[str, Any] = {"allocationId": ALLOCATION, "reason": "Consistent under-utilisation"}
    payload = await mutate(demo_engine, "closeAllocation", OWNER, **given)
    assert (payload["allocation"]["status"], events(payload)) == ("CLOSED", ["allocation.closed"])
    assert payload["allocation"]["pendingChanges"] == []
    assert payload["allocation"]["capacityPool"]["available"] == "80"

    before = await digest()
    assert codes(await mutate(demo_engine, "closeAllocation", OWNER, **given)) == ["ALREADY_DONE"]
    assert await digest() == before


# -- actuals ---------------------------------------------------------------------------------------------


async def measure(engine: AsyncEngine, week_start: str, actual: str, at: datetime = NOW) -> Any:
    given: dict[str, Any] = {"allocationId": ALLOCATION, "weekStart": week_start, "actual": actual}
    return await mutate(engine, "recordAllocationActual", DELIVERY, at=at, **given)


async def test_a_week_is_measured_and_put_right(demo_engine: AsyncEngine) -> None:
    payload = await measure(demo_engine, "2026-05-04", "30")
    assert (codes(payload), events(payload)) == ([], ["allocation.actual_recorded"])
    assert (payload["allocation"]["actualLastWeek"], payload["allocation"]["utilisationPercent"]) == ("30", "75.0")

    payload = await measure(demo_engine, "2026-04-27", "20")
    assert payload["allocation"]["actualLastWeek"] == "30"
    assert await broken(demo_engine) == []


async def test_three_low_weeks_give_one_warning(demo_engine: AsyncEngine) -> None:
    emitted = [events(await measure(demo_engine, week, "20")) for week in ("2026-04-27", "2026-05-04")]
    later = datetime(2026, 5, 25, tzinfo=UTC)
    emitted += [events(await measure(demo_engine, week, "20", later)) for week in ("2026-05-11", "2026-05-18")]
    emitted.append(events(await measure(demo_engine, "2026-05-11", "19", later)))

    warned = ["allocation.actual_recorded", "capacity.utilisation_warning"]
    assert emitted == [warned[:1], warned[:1], warned, warned[:1], warned[:1]]


async def test_a_week_before_a_change_has_its_former_commitment(demo_engine: AsyncEngine) -> None:
    await change(demo_engine, committedPerWeek="32")
    await run_due_jobs(demo_engine, JUNE)
    may = await measure(demo_engine, "2026-05-25", "38", JUNE)
    june = await measure(demo_engine, "2026-06-01", "32", JUNE + timedelta(weeks=1))

    assert may["allocation"]["utilisationPercent"] == "95.0"
    assert june["allocation"]["utilisationPercent"] == "100.0"


@pytest.mark.parametrize(
    ("week_start", "actual", "path"),
    [
        ("2026-05-05", "40", "weekStart"),
        ("2026-05-11", "40", "weekStart"),
        ("2026-05-18", "40", "weekStart"),
        ("2026-01-05", "40", "weekStart"),
        ("2026-05-04", "-0.5", "actual"),
        ("2026-05-04", "99999999999", "actual"),
    ],
)
async def test_what_can_not_have_been_measured_is_refused(
    week_start: str, actual: str, path: str, demo_engine: AsyncEngine, digest: Digest
) -> None:
    before = await digest()
    payload = await measure(demo_engine, week_start, actual)

    assert (codes(payload), payload["userErrors"][0]["field"]) == (["INVALID"], [path])
    assert await digest() == before


# -- at once ---------------------------------------------------------------------------------------------


async def test_concurrent_increases_succeed_up_to_the_free_capacity(demo_engine: AsyncEngine) -> None:
    given: dict[str, Any] = {"serviceLineId": LINE, "capacityPoolId": POOL, "committedPerWeek": "1"}
    opened = [await mutate(demo_engine, "createAllocation", OPERATOR, **given) for _ in range(12)]
    # The pool has 28 left, room for three increases of 9.
    more: dict[str, Any] = {"committedPerWeek": "10", "effectiveImmediately": True}
    asked = [change(demo_engine, allocationId=one["allocation"]["id"], **more) for one in opened]
    outcomes = Counter(code for one in await asyncio.gather(*asked) for code in codes(one) or ["done"])

    assert outcomes == {"done": 3, "INSUFFICIENT_CAPACITY": 9}
    assert await broken(demo_engine) == []


async def test_two_clocks_at_once_do_everything_once(demo_engine: AsyncEngine) -> None:
    await change(demo_engine, committedPerWeek="36", endsAt="2026-07-10T00:00:00Z")
    for at, types in ((JUNE, ["allocation.updated"]), (JUNE + timedelta(days=60), ["allocation.closed"])):
        async with demo_engine.connect() as connection:
            last = text("SELECT max(sequence) FROM event WHERE organization_id = 'ORG-26-090500'")
            before = (await connection.execute(last)).scalar_one()
        await asyncio.gather(*(run_due_jobs(demo_engine, at) for _ in range(4)))
        async with demo_engine.connect() as connection:
            since = text("SELECT type FROM event WHERE subject_id = :id AND sequence > :before ORDER BY sequence")
            found = await connection.execute(since, {"id": ALLOCATION, "before": before})
            assert [row.type for row in found] == types
    assert await broken(demo_engine) == []
