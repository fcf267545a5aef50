"""The `events` subscription, executed on the schema."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.event import listen
from sqlalchemy.ext.asyncio import AsyncEngine

from conftest import context_for
from podgraph.auth.viewer import Viewer
from podgraph.database.engine import create_engine
from podgraph.database.notifier import EventNotifier
from podgraph.demo.reference import NOW
from podgraph.events import subscriptions
from podgraph.execution.context import Context
from podgraph.kernel.clock import system_clock
from podgraph.kernel.request_errors import RequestError, RequestErrorCode
from podgraph.kernel.roles import Role
from podgraph.pods.repository import PODS
from podgraph.schema import build_schema
from podgraph.server.app import DEMO_VIEWER
from podgraph.writes.transaction import PLATFORM, WriteTransaction
from podgraph.writes.unit_of_work import begin_write

OURS, POD, OTHER_POD = "ORG-26-090500", "POD-26-000008", "POD-26-000010"
EVENTS = """
    subscription ($organization: ID!, $types: [String!], $subjects: [ID!], $after: Int) {
        events(organizationId: $organization, types: $types, subjectIds: $subjects, afterSequence: $after) {
            sequence previousSequence type subjectId subject { ... on Pod { name version } }
        }
    }
"""

pytestmark = pytest.mark.writes


async def emit(engine: AsyncEngine, *subjects: str, event: str = "pod.paused") -> None:
    """Change pods, and commit the changes with their events."""
    async with begin_write(engine) as connection:
        write = WriteTransaction(connection, PLATFORM, NOW)
        for subject in subjects:
            pod = await write.get_for_update(PODS, subject)
            await write.change(pod, event)
        await write.finish()
        await connection.commit()


@asynccontextmanager
async def following(
    engine: AsyncEngine, viewer: Viewer = DEMO_VIEWER, executor: str = "level", **variables: Any
) -> AsyncIterator[Callable[[], Any]]:
    """A function that awaits the next result of a subscription, with a timeout of two minutes."""
    context = replace(context_for(engine, viewer), notifier=EventNotifier(engine))
    async with followed(context, executor, **variables) as following:
        yield following


@asynccontextmanager
async def followed(
    context: Context, executor: str = "level", document: str = EVENTS, **variables: Any
) -> AsyncIterator[Callable[[], Any]]:
    results: Any = await build_schema(executor).subscribe(
        document, context_value=context, variable_values={"organization": OURS, **variables}
    )
    async with aclosing(results), asyncio.timeout(120):
        yield results.__anext__


async def next_of_all(context: Context, following: list[Callable[[], Any]], tell_all: Any) -> list[Any]:
    """The next results of all subscriptions after an event, when all of them are waiting."""
    waiting = [asyncio.create_task(next_one()) for next_one in following]
    assert context.notifier is not None
    while context.notifier.waiting < len(following):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await tell_all
    return [result.data["events"] for result in await asyncio.gather(*waiting)]


async def last_of(engine: AsyncEngine) -> int:
    async with following(engine, after=0) as following_all:
        first = (await following_all()).data["events"]
    assert (first["sequence"], first["previousSequence"]) == (1, 0)
    async with engine.connect() as connection:
        await connection.execution_options(snapshot=True)
        asked = {"organization_id": OURS, "now": NOW}
        return int((await connection.execute(subscriptions._REACHED, asked)).scalar_one())


@pytest.mark.parametrize("executor", ["level", "reference"])
async def test_resuming_after_a_sequence_delivers_every_event(demo_engine: AsyncEngine, executor: str) -> None:
    last = await last_of(demo_engine)
    await emit(demo_engine, POD, OTHER_POD, POD)
    async with following(demo_engine, after=last, executor=executor) as next_one:
        events = [(await next_one()).data["events"] for _ in range(3)]
        await emit(demo_engine, OTHER_POD)
        events.append((await next_one()).data["events"])
    assert [event["sequence"] - last for event in events] == [1, 2, 3, 4]
    assert [event["previousSequence"] - last for event in events] == [0, 1, 2, 3]
    assert [event["subjectId"] for event in events] == [POD, OTHER_POD, POD, OTHER_POD]


@pytest.mark.parametrize("executor", ["level", "reference"])
async def test_an_event_shows_its_subject_at_delivery(demo_engine: AsyncEngine, executor: str) -> None:
    last, versions = await last_of(demo_engine), []
    async with following(demo_engine, after=last, executor=executor) as next_one:
        for _ in range(3):
            await emit(demo_engine, POD)
            result = await next_one()
            versions.append(result.data["events"]["subject"]["version"])
    assert [version - versions[0] for version in versions] == [0, 1, 2]


async def test_only_matching_events_are_sent(demo_engine: AsyncEngine) -> None:
    last = await last_of(demo_engine)
    asked: dict[str, Any] = {"after": last, "types": ["pod.resumed"], "subjects": [OTHER_POD]}
    async with following(demo_engine, **asked) as next_one:
        await emit(demo_engine, POD, OTHER_POD, event="pod.paused")
        await emit(demo_engine, POD, OTHER_POD, event="pod.resumed")
        event = (await next_one()).data["events"]
    assert (event["sequence"] - last, event["type"], event["subjectId"]) == (4, "pod.resumed", OTHER_POD)


async def test_a_long_backlog_is_delivered_completely(demo_engine: AsyncEngine) -> None:
    last = await last_of(demo_engine)
    await emit(demo_engine, *[POD] * 250)
    async with following(demo_engine, after=last) as next_one:
        sequences = [(await next_one()).data["events"]["sequence"] for _ in range(250)]
    assert sequences == list(range(last + 1, last + 251))


@pytest.mark.parametrize(
    ("variables", "viewer", "message"),
    [
        ({"organization": "ORG-26-090611"}, DEMO_VIEWER, "The organization does not exist"),
        ({"organization": "ORG-26-999999"}, DEMO_VIEWER, "The organization does not exist"),
        ({}, replace(DEMO_VIEWER, roles=frozenset({Role.ORG_VIEWER})), "The organization does not exist"),
        ({"types": ["pod.exploded"]}, DEMO_VIEWER, "'pod.exploded' is not an event type"),
        ({"after": -1}, DEMO_VIEWER, "afterSequence must be 0 or more"),
    ],
    ids=["another's", "unknown", "without sight of work", "unknown type", "below zero"],
)
async def test_an_invalid_subscription_is_rejected_immediately(
    demo_engine: AsyncEngine, variables: dict[str, Any], viewer: Viewer, message: str
) -> None:
    async with following(demo_engine, viewer, **variables) as next_one:
        error = (await next_one()).errors[0]
    assert error.message.startswith(message)
    assert error.extensions == {"code": "BAD_USER_INPUT"}


async def test_a_slow_subscriber_receives_the_sequence_to_resume_from(
    demo_engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "MAX_LAG", 5)
    last = await last_of(demo_engine)
    async with following(demo_engine, after=last) as next_one:
        await emit(demo_engine, POD)
        taken = (await next_one()).data["events"]["sequence"]
        await emit(demo_engine, *[POD] * 6)
        error = (await next_one()).errors[0]
        with pytest.raises(StopAsyncIteration):
            await next_one()
    assert error.extensions == {"code": "SLOW_CONSUMER", "lastSequence": taken}
    async with following(demo_engine, after=taken) as next_one:
        assert (await next_one()).data["events"]["previousSequence"] == taken


async def test_a_revoked_token_ends_its_subscriptions(demo_engine: AsyncEngine) -> None:
    valid = True

    async def revalidate() -> None:
        if not valid:
            raise RequestError(RequestErrorCode.UNAUTHENTICATED, "The token was revoked", reason="TOKEN_INVALID")

    context = replace(context_for(demo_engine), notifier=EventNotifier(demo_engine), revalidate=revalidate)
    async with followed(context, after=await last_of(demo_engine)) as next_one:
        await emit(demo_engine, POD)
        assert (await next_one()).data["events"]["subjectId"] == POD
        valid = False
        await emit(demo_engine, POD)
        error = (await next_one()).errors[0]
    assert error.extensions == {"code": "UNAUTHENTICATED", "reason": "TOKEN_INVALID"}


async def test_an_expiring_token_is_checked_again(demo_engine: AsyncEngine) -> None:
    async def revalidate() -> None:
        raise RequestError(RequestErrorCode.UNAUTHENTICATED, "The token has expired", reason="TOKEN_EXPIRED")

    viewer = replace(DEMO_VIEWER, expires_at=system_clock() + timedelta(milliseconds=50))
    context = replace(context_for(demo_engine, viewer), notifier=EventNotifier(demo_engine), revalidate=revalidate)
    async with followed(context) as next_one:
        error = (await next_one()).errors[0]
    assert error.extensions["reason"] == "TOKEN_EXPIRED"


async def test_a_slow_subscriber_holds_no_database_connection(demo_engine: AsyncEngine, demo_url: str) -> None:
    reading = create_engine(demo_url)
    pool: Any = reading.pool
    # The notifier has a separate pool, and takes a connection after each commit.
    context = replace(context_for(reading), notifier=EventNotifier(demo_engine))
    async with followed(context, after=await last_of(demo_engine)) as next_one:
        await emit(demo_engine, POD)
        await next_one()
        assert pool.checkedout() == 0
    await reading.dispose()


MANY = 500


async def test_500_equal_subscriptions_share_one_read_and_execution(demo_engine: AsyncEngine, demo_url: str) -> None:
    reading, taken = create_engine(demo_url), []
    listen(reading.sync_engine, "checkout", lambda *_: taken.append(1))
    context = replace(context_for(reading), notifier=EventNotifier(demo_engine))
    last = await last_of(demo_engine)
    async with AsyncExitStack() as stack:
        # Each has a different filter, and half of them filter for events that do not occur.
        asked = [[POD if n % 2 else OTHER_POD, f"POD-27-{n:06}"] for n in range(MANY)]
        following = [
            await stack.enter_async_context(followed(replace(context), subjects=subjects)) for subjects in asked
        ]
        first = await next_of_all(context, following, emit(demo_engine, POD, OTHER_POD))
        taken.clear()
        second = await next_of_all(context, following, emit(demo_engine, OTHER_POD, POD))
    await reading.dispose()
    assert [one["sequence"] - last for one in first] == [2 - n % 2 for n in range(MANY)]
    assert [one["sequence"] - last for one in second] == [3 + n % 2 for n in range(MANY)]
    # A snapshot for the read and one for each of the two events; a subscriber that polls again adds a read.
    assert 3 <= len(taken) <= 10


async def test_different_subscriptions_are_executed_separately(demo_engine: AsyncEngine) -> None:
    document = """subscription ($named: Boolean!) {
        events(organizationId: "ORG-26-090500") {
            subject { ... on Pod { name @include(if: $named) availableActions { enabled } } }
        }
    }"""
    context = replace(context_for(demo_engine), notifier=EventNotifier(demo_engine))
    member = replace(DEMO_VIEWER, roles=frozenset({Role.VIEWER}))
    asked = [(DEMO_VIEWER, True), (DEMO_VIEWER, False), (member, False)]
    async with AsyncExitStack() as stack:
        following = [
            await stack.enter_async_context(followed(replace(context, viewer=viewer), document=document, named=named))
            for viewer, named in asked
        ]
        subjects = [one["subject"] for one in await next_of_all(context, following, emit(demo_engine, POD))]
    may = [any(action["enabled"] for action in subject["availableActions"]) for subject in subjects]
    assert [("name" in subject, able) for subject, able in zip(subjects, may, strict=True)] == [
        (True, True),
        (False, True),
        (False, False),
    ]
