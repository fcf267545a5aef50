"""Columns that may be pending, and functions that await them together."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


Column = list[Any]
"""One value for each object of a level."""


PendingColumn = Coroutine[Any, Any, Column]
"""A column whose values are still being loaded."""


def is_awaitable(kind: type) -> bool:
    return hasattr(kind, "__await__")


def each_value(resolve: Callable[[Any], Any], sources: Column) -> Column:
    """Resolve every source; coroutines of earlier sources are closed if a later one raises."""
    values: Column = []
    try:
        values.extend(map(resolve, sources))
    except BaseException:
        for value in values:
            if asyncio.iscoroutine(value):
                value.close()
        raise
    return values


def resolve_ready(values: Column) -> Column | PendingColumn:
    """The values if all are available, else a pending column."""
    if not any(map(is_awaitable, set(map(type, values)))):
        return values
    if not all(map(_is_available, values)):
        return _await_all(values)
    return [value.result() if isinstance(value, asyncio.Future) else value for value in values]


def _is_available(value: Any) -> bool:
    """Whether a value is available already: most loads are resolved with the level above."""
    if not isinstance(value, asyncio.Future):
        return not is_awaitable(type(value))
    return value.done() and not value.cancelled() and value.exception() is None


async def _await_all(values: Column) -> Column:
    """Await all pending values; the first error is raised after all have ended."""
    if any(map(asyncio.iscoroutine, values)):
        places = [index for index, value in enumerate(values) if is_awaitable(type(value))]
        for place, value in zip(places, await _gather([values[place] for place in places]), strict=True):
            values[place] = value
        return values
    # The futures of data loaders are resolved per batch, so awaiting them in sequence costs no time.
    errors: list[Exception] = []
    for index, value in enumerate(values):
        try:
            if is_awaitable(type(value)):
                values[index] = await value
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return values


def map_maybe_async(
    column: Column | PendingColumn, go_on: Callable[[Column], Column | PendingColumn]
) -> Column | PendingColumn:
    """Apply `go_on` to a column: immediately if it is available, else when it is loaded."""
    return go_on(column) if isinstance(column, list) else _map_maybe_async(column, go_on)


async def _map_maybe_async(column: PendingColumn, go_on: Callable[[Column], Column | PendingColumn]) -> Column:
    return await await_if_pending(go_on(await column))


async def await_if_pending(column: Column | PendingColumn) -> Column:
    return column if isinstance(column, list) else await column


def gather_columns(columns: Iterable[Column | PendingColumn]) -> Column | PendingColumn:
    """Gather columns concurrently. Columns that have started are awaited even if a later one raises."""
    started: Column = []
    try:
        started.extend(columns)
    except Exception as error:
        if _pending_indexes(started):
            return _raise_after(started, error)
        raise
    return _await_columns(started) if _pending_indexes(started) else started


def _pending_indexes(columns: Column) -> list[int]:
    return [index for index, column in enumerate(columns) if not isinstance(column, list)]


async def _raise_after(columns: Column, error: Exception) -> Column:
    await _await_columns(columns)
    raise error


async def _await_columns(columns: Column) -> Column:
    pending = _pending_indexes(columns)
    for index, column in zip(pending, await _gather([columns[index] for index in pending]), strict=True):
        columns[index] = column
    return columns


async def _gather(awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
    """Await all concurrently, so that their loads form batches; then raise the first error, if any."""
    if len(awaitables) == 1:
        return [await awaitables[0]]
    done = await asyncio.gather(*awaitables, return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException):
            raise result
    return done
