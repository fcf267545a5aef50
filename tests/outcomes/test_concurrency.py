"""Many at once on one scope, pool or deliverable: what must happen once happens once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.auth.viewer import Viewer
from podgraph.database.read_model import Reader
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Tenancy
from podgraph.demo import capacity, delivery, outcomes
from podgraph.demo.load import insert_all
from podgraph.demo.reference import NOW, tenants
from podgraph.demo.row_builder import Book, Ids, Row, merged
from podgraph.doctor.registry import examine
from podgraph.execution.context import Context
from podgraph.kernel.clock import stopped_clock
from podgraph.kernel.roles import Role
from podgraph.schema import build_schema

CLIENT = Viewer(tenants.OWNER, frozenset({tenants.ORGANIZATION}), frozenset({Role.ORG_OWNER}))
OPERATOR = Viewer(tenants.OPERATOR, frozenset({tenants.ORGANIZATION}), frozenset({Role.OPERATOR}))

REJECTION: dict[str, Any] = {
    "rejectionReason": "The report shows 0.3 % failures in the second night.",
    "unmetCriteria": ["AC-1"],
}
CONFIRM = "serviceLine { id } cycle { id } payment { id }"
ROUNDS = 200

Story = Callable[[Book, Row], object]


@pytest.fixture
def fill(engine: AsyncEngine) -> Any:
    """Fills the database with a client and a pool of `hours` per week."""

    async def put(story: Story, hours: int = 100_000) -> None:
        ids = Ids({})
        partner, apex = tenants.partner(ids), tenants.apex(ids)
        pool = capacity.create_pool(apex, Decimal(hours), at=NOW - timedelta(days=90))
        story(apex, pool)
        for book in (partner, apex):
            book.close()
        async with engine.begin() as connection:
            await insert_all(connection, merged([partner, apex]))

    return put


def requested(book: Book, _pool: Row) -> Row:
    return outcomes.submit_request(
        book,
        "Depot scanner integration",
        at=NOW - timedelta(days=40),
        workspace_id=tenants.WORKSPACE,
        subscription_id=tenants.SUBSCRIPTION,
        description="Depot scanners report at night.",
        desired_outcome="Depot scanners report in real time.",
        criteria=["A scan arrives within two seconds."],
        weeks=None,
        budget=None,
    )


def proposed(book: Book, pool: Row, deliverables: int = 1) -> Row:
    promise = outcomes.Promise("Integration", "Scans arrive.", ["1,000 scans arrive in two seconds."])
    return outcomes.propose(
        book,
        requested(book, pool),
        [outcomes.Plan("Cycle 1", 4, [promise] * deliverables)],
        at=NOW - timedelta(days=35),
        price=Decimal("12300.00"),
        first_day=(NOW + timedelta(days=1)).date(),
        pool=pool,
        hours=Decimal(40),
        valid_days=60,
    )


def ready(book: Book, pool: Row, deliverables: int) -> Row:
    """All deliverables of a scope wait for the client."""
    scope = proposed(book, pool, deliverables)
    outcomes.confirm(book, scope, at=NOW - timedelta(days=30), resources=[])
    delivery.start(book, outcomes.first_cycle(book, scope), at=NOW - timedelta(days=29))
    for number, deliverable in enumerate(outcomes.deliverables_of(book, scope)):
        delivery.begin(book, deliverable, at=NOW - timedelta(days=28, minutes=-number))
        delivery.submit(book, deliverable, at=NOW - timedelta(days=20, minutes=-number), notes="All is covered.")
    return scope


async def call(engine: AsyncEngine, mutation: str, shown: str = "", who: Viewer = CLIENT, **given: Any) -> Any:
    """A payload, with the codes that it was refused with in place of its refusals."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = f"""mutation ($input: {kind}!) {{
        {mutation}(input: $input) {{ {shown} userErrors {{ code }} }}
    }}"""
    context = Context(who, engine, stopped_clock(NOW))
    variables = {"input": given}
    result = await build_schema().execute(document, variable_values=variables, context_value=context)
    assert result.errors is None, result.errors
    payload = result.data[mutation]  # type: ignore[index]
    payload["codes"] = [refusal["code"] for refusal in payload.pop("userErrors")]
    return payload


async def ids(engine: AsyncEngine, table: str) -> list[str]:
    async with engine.connect() as connection:
        return list((await connection.execute(text(f"SELECT id FROM {table} ORDER BY id"))).scalars())


async def healthy(engine: AsyncEngine) -> bool:
    async with Snapshot(engine) as snapshot:
        return not await examine(Reader(snapshot, Tenancy(None), NOW))


def counted(payloads: Iterable[Any]) -> dict[str, int]:
    return Counter(code for payload in payloads for code in payload["codes"] or ["done"])


async def test_of_200_confirmations_one_opens_the_service_line(engine: AsyncEngine, fill: Any) -> None:
    await fill(proposed)
    scope = (await ids(engine, "scope"))[0]

    payloads = await asyncio.gather(*(call(engine, "confirmScope", CONFIRM, scopeId=scope) for _ in range(200)))

    assert counted(payloads) == {"done": 1, "ALREADY_DONE": 199}
    shown = {(one["serviceLine"]["id"], one["cycle"]["id"], one["payment"]["id"]) for one in payloads}
    upfront = (await ids(engine, "payment"))[0]
    assert shown == {("LIN-26-000001", "OCYCLE-26-000001", upfront)}
    assert len(await ids(engine, "allocation")) == 1
    assert await healthy(engine)


async def test_a_pool_with_room_for_three_carries_three_of_50(engine: AsyncEngine, fill: Any) -> None:
    await fill(lambda book, pool: [proposed(book, pool) for _ in range(50)], hours=120)
    scopes = await ids(engine, "scope")

    payloads = await asyncio.gather(*(call(engine, "confirmScope", scopeId=scope) for scope in scopes))

    assert counted(payloads) == {"done": 3, "INSUFFICIENT_CAPACITY": 47}
    assert len(await ids(engine, "service_line")) == 3
    assert await healthy(engine)


async def test_one_of_two_last_acceptances_ends_the_scope(engine: AsyncEngine, fill: Any) -> None:
    await fill(lambda book, pool: [ready(book, pool, 2) for _ in range(ROUNDS)])
    deliverables = await ids(engine, "deliverable")

    for pair in zip(deliverables[::2], deliverables[1::2], strict=True):
        both = (call(engine, "acceptDeliverable", "payment { status }", deliverableId=one) for one in pair)
        payments = [payload["payment"] for payload in await asyncio.gather(*both)]
        assert sorted(payments, key=bool) == [None, {"status": "DUE"}]

    assert await healthy(engine)


async def test_a_deliverable_is_accepted_or_rejected(engine: AsyncEngine, fill: Any) -> None:
    await fill(lambda book, pool: [ready(book, pool, 1) for _ in range(30)])

    for deliverable in await ids(engine, "deliverable"):
        payloads = await asyncio.gather(
            call(engine, "acceptDeliverable", deliverableId=deliverable),
            call(engine, "rejectDeliverable", deliverableId=deliverable, **REJECTION),
        )
        assert counted(payloads) == {"done": 1, "INVALID_TRANSITION": 1}

    assert await healthy(engine)


async def test_of_ten_proposals_for_a_request_one_stands(engine: AsyncEngine, fill: Any) -> None:
    await fill(requested)
    promise = {"title": "Integration", "description": "Scans arrive.", "acceptanceCriteria": ["They do."]}
    cycle = {"name": "Cycle 1", "plannedStart": "2026-06-01", "weeks": 2, "deliverables": [promise]}
    given: dict[str, Any] = {
        "requestId": (await ids(engine, "outcome_request"))[0],
        "capacityPoolId": (await ids(engine, "capacity_pool"))[0],
        "committedPerWeek": 40,
        "fixedPrice": 9000,
        "cycles": [cycle],
    }

    payloads = await asyncio.gather(*(call(engine, "proposeScope", who=OPERATOR, **given) for _ in range(10)))

    assert counted(payloads) == {"done": 1, "ALREADY_DONE": 9}
    assert len(await ids(engine, "scope")) == 1
    assert await healthy(engine)


async def test_concurrent_rejections_share_one_remediation(engine: AsyncEngine, fill: Any) -> None:
    await fill(lambda book, pool: [ready(book, pool, 8) for _ in range(5)])
    deliverables = await ids(engine, "deliverable")

    for first in range(0, 40, 8):
        shown = "remediationCycle { id }"
        payloads = await asyncio.gather(
            *(
                call(engine, "rejectDeliverable", shown, deliverableId=one, **REJECTION)
                for one in deliverables[first : first + 8]
            )
        )
        assert counted(payloads) == {"done": 8}
        assert len({payload["remediationCycle"]["id"] for payload in payloads}) == 1

    assert await healthy(engine)


async def test_a_concurrent_cancellation_and_confirmation_are_atomic(engine: AsyncEngine, fill: Any) -> None:
    await fill(lambda book, pool: [proposed(book, pool) for _ in range(30)])
    requests, scopes = await ids(engine, "outcome_request"), await ids(engine, "scope")

    for request, scope in zip(requests, scopes, strict=True):
        payloads = await asyncio.gather(
            call(engine, "cancelOutcomeRequest", requestId=request),
            call(engine, "confirmScope", scopeId=scope),
        )
        assert counted(payloads) == {"done": 1, "INVALID_TRANSITION": 1}

    assert await healthy(engine)
