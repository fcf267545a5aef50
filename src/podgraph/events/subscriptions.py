"""The `events` subscription: an organization's events in real time.

The event log is the queue. The notifier wakes a subscriber, which reads the events after the last sequence
that it sent, so no events are buffered in memory and none can be missed.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Annotated, Any

import strawberry
from sqlalchemy import Select, bindparam, select

from podgraph.accounts.repository import ORGANIZATIONS
from podgraph.auth.viewer import Viewer
from podgraph.database.availability import FAILURES
from podgraph.database.model import table_of
from podgraph.database.notifier import EventNotifier
from podgraph.database.read_model import Reader, among
from podgraph.database.snapshot import Snapshot
from podgraph.database.tenancy import Keys
from podgraph.events.types import Event
from podgraph.execution.context import Context
from podgraph.kernel.clock import system_clock
from podgraph.kernel.errors import BadUserInput
from podgraph.kernel.request_errors import RequestError, RequestErrorCode
from podgraph.kernel.roles import Area
from podgraph.observability.metrics import EVENTS as EVENTS_SENT
from podgraph.observability.metrics import SUBSCRIBERS
from podgraph.writes.event_log import EVENTS
from podgraph.writes.event_models import EventCounter
from podgraph.writes.event_types import EVENT_TYPES

BATCH_SIZE = 100
"""Maximum events per read."""
MAX_LAG = 1_000
"""Maximum events since the start of the subscription that the subscriber has not received."""

_COUNTER = table_of(EventCounter)
_REACHED = select(_COUNTER.c.sequence).where(_COUNTER.c.organization_id == bindparam("organization_id"))


@dataclass
class Feed:
    """An organization's events after `last`, filtered by `types` and `subject_ids` if given."""

    context: Context
    organization_id: str
    last: int
    began: int
    types: tuple[str, ...] | None = None
    subject_ids: tuple[str, ...] | None = None

    async def events(self) -> AsyncGenerator[Any, None]:
        """Yield every event in order, without end.

        Raises RequestError if the caller's token ends, if the caller is too slow, or if the database is
        unavailable. In the last two cases `lastSequence` is the event after which to resume.
        """
        notifier = self.context.notifier
        assert notifier is not None
        with SUBSCRIBERS.track_inprogress():
            async with notifier.subscribe(self.organization_id) as wakeup:
                while True:
                    wakeup.clear()
                    events, reached, more = await self._read(notifier)
                    for event in events:
                        self.last = event.sequence
                        EVENTS_SENT.inc()
                        yield event
                    # Events up to `reached` that were not returned do not match the filter.
                    self.last = max(self.last, reached)
                    if not more:
                        await self._wait_for_events(wakeup, notifier)

    async def _read(self, notifier: EventNotifier) -> tuple[list[Any], int, bool]:
        """The next matching events, the sequence up to which they are complete, and whether there are more."""
        try:
            batch, reached = await self._read_shared(notifier)
            if len(batch) == BATCH_SIZE and self._is_filtered:
                # The database filters a long backlog; recent events are filtered here: subscribers share one read.
                batch, reached = await self._read_shared(notifier, self.types, self.subject_ids)
            events = [event for event in batch if self._matches(event)]
            if events:
                await self._revalidate(notifier)
                events = list(filter(self._is_visible, events))
        except FAILURES:
            raise self._end_error(RequestErrorCode.UNAVAILABLE, "The database is unavailable") from None
        if reached - max(self.last, self.began) > MAX_LAG:
            raise self._end_error(RequestErrorCode.SLOW_CONSUMER, f"More than {MAX_LAG} events have not been received")
        more = len(batch) == BATCH_SIZE
        return events, batch[-1].sequence if more else reached, more

    @property
    def _is_filtered(self) -> bool:
        return self.types is not None or self.subject_ids is not None

    def _is_visible(self, event: Any) -> bool:
        return self.context.viewer.tenancy.sees(Area.WORK, self.organization_id, event.workspace_id)

    def _matches(self, event: Any) -> bool:
        return (self.types is None or event.type in self.types) and (
            self.subject_ids is None or event.subject_id in self.subject_ids
        )

    async def _revalidate(self, notifier: EventNotifier) -> None:
        """Read the caller's roles again; raises RequestError if the token was revoked or has expired."""
        viewer, revalidate = self.context.viewer, self.context.revalidate
        # One database query for all subscriptions of the same caller.
        asked = "viewer", viewer.token_id, viewer.user_id, viewer.expires_at
        renewed: Viewer | None = await notifier.single_flight(self.organization_id, asked, revalidate)
        self.context.viewer = renewed or viewer

    async def _read_shared(self, notifier: EventNotifier, *chosen: tuple[str, ...] | None) -> tuple[list[Any], int]:
        asked = "events", self.last, *chosen
        return await notifier.single_flight(self.organization_id, asked, partial(self._query_events, *chosen))

    async def _query_events(
        self, types: tuple[str, ...] | None = None, subject_ids: tuple[str, ...] | None = None
    ) -> tuple[list[Any], int]:
        async with Snapshot(self.context.engine) as snapshot:
            reader = Reader(snapshot, self.context.viewer.tenancy, self.context.clock())
            reached = await _last_sequence(reader, self.organization_id)
            if reached <= self.last:
                return [], reached
            rows = await reader.rows(
                _select_after(types is not None, subject_ids is not None),
                organization_id=self.organization_id,
                after=self.last,
                types=types,
                subject_ids=subject_ids,
            )
        return EVENTS.records(rows), reached

    async def _wait_for_events(self, wakeup: asyncio.Event, notifier: EventNotifier) -> None:
        """Wait for the next notification; raises RequestError if the token ends first."""
        ends = self.context.viewer.expires_at
        left = None if ends is None else max(0.0, (ends - system_clock()).total_seconds())
        with suppress(TimeoutError):
            async with asyncio.timeout(left):
                await wakeup.wait()
        if not wakeup.is_set():
            await self._revalidate(notifier)

    def _end_error(self, code: RequestErrorCode, message: str) -> RequestError:
        return RequestError(code, f"{message}: resume after sequence {self.last}", lastSequence=self.last)


@cache
def _select_after(by_type: bool, by_subject: bool) -> Select[Any]:
    """An organization's events after a sequence. The visibility of the organization has been checked before."""
    source = EVENTS.source()
    wanted = [
        source["organization_id"] == bindparam("organization_id"),
        source["sequence"] > bindparam("after"),
    ]
    if by_type:
        wanted.append(among(source["type"], bindparam("types", type_=Keys())))
    if by_subject:
        wanted.append(among(source["subject_id"], bindparam("subject_ids", type_=Keys())))
    return select(*source.columns).where(*wanted).order_by(source["sequence"]).limit(BATCH_SIZE)


async def _last_sequence(reader: Reader, organization_id: str) -> int:
    """The last sequence of an organization; 0 before the first event."""
    found = await reader.rows(_REACHED, organization_id=organization_id)
    return int(found[0].sequence) if found else 0


def _arg(description: str) -> Any:
    return strawberry.argument(description=description)


@strawberry.type
class EventsSubscription:
    @strawberry.subscription(
        description="Events of an organization in real time, in order and without gaps. To resume, pass the last "
        "`sequence` received as `afterSequence`. The subject is read at the time of delivery.",
        graphql_type=Event,
    )
    async def events(
        self,
        info: strawberry.Info,
        organization_id: Annotated[strawberry.ID, _arg("Organization id, e.g. ORG-26-090500.")],
        types: Annotated[list[str] | None, _arg("Return only events of these types, e.g. pod.activated.")] = None,
        subject_ids: Annotated[
            list[strawberry.ID] | None, _arg("Return only events of these subjects, e.g. POD-26-000008.")
        ] = None,
        after_sequence: Annotated[
            int | None,
            _arg("Resume after this sequence; 0 starts with the first event. Default: new events only."),
        ] = None,
    ) -> AsyncGenerator[Any, None]:
        if unknown := sorted(set(types or ()) - EVENT_TYPES):
            raise BadUserInput(f"'{unknown[0][:40]}' is not an event type, e.g. pod.activated")
        if after_sequence is not None and after_sequence < 0:
            raise BadUserInput("afterSequence must be 0 or more: pass the last sequence received")
        by_type = None if types is None else tuple(types)
        by_subject = None if subject_ids is None else tuple(subject_ids)
        return await _open_feed(info.context, organization_id, by_type, by_subject, after_sequence)


async def _open_feed(
    context: Context,
    organization_id: str,
    types: tuple[str, ...] | None,
    subject_ids: tuple[str, ...] | None,
    after: int | None,
) -> AsyncGenerator[Any, None]:
    assert context.notifier is not None
    # Many subscribers reconnect together after a restart: callers with the same permissions share one query.
    asked = "opened", organization_id, context.viewer.tenancy
    seen, began = await context.notifier.single_flight("", asked, partial(_find_start, context, organization_id))
    if not (seen and context.viewer.tenancy.sees_some(Area.WORK)):
        raise BadUserInput("The organization does not exist, or its events are not visible to you")
    last = began if after is None else after
    return Feed(context, organization_id, last, began, types, subject_ids).events()


async def _find_start(context: Context, organization_id: str) -> tuple[bool, int]:
    """Whether the organization is visible, and the last sequence of its log."""
    tenancy = context.viewer.tenancy
    async with Snapshot(context.engine) as snapshot:
        reader = Reader(snapshot, tenancy, context.now)
        organization = ORGANIZATIONS.source()
        mine = [organization["id"] == bindparam("organization_id"), *organization.tenant_filter(tenancy)]
        seen = await reader.rows(select(organization["id"]).where(*mine), organization_id=organization_id)
        return bool(seen), await _last_sequence(reader, organization_id)
