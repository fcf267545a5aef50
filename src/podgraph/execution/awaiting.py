"""Columns that may still be pending, and how they are awaited together."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


Column = list[Any]
"""A value for each object of a level."""


PendingColumn = Coroutine[Any, Any, Column]
"""A column that waits for data."""


def is_awaitable(kind: type) -> bool:
    return hasattr(kind, "__await__")


def each_value(resolve: Callable[[Any], Any], sources: Column) -> Column:
    """Resolve every source; what was begun is given up when a later one raises."""
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
    """Values that are there, or what waits for them."""
    if not any(map(is_awaitable, set(map(type, values)))):
        return values
    if not all(map(_is_there, values)):
        return _await_all(values)
    return [value.result() if isinstance(value, asyncio.Future) else value for value in values]


def _is_there(value: Any) -> bool:
    """Whether all values are there already: most loads are resolved with the level above."""
    if not isinstance(value, asyncio.Future):
        return not is_awaitable(type(value))
    return value.done() and not value.cancelled() and value.exception() is None


async def _await_all(values: Column) -> Column:
    """Values awaited where they have to be, all to their end before the first error is raised."""
    if any(map(asyncio.iscoroutine, values)):
        places = [index for index, value in enumerate(values) if is_awaitable(type(value))]
        for place, value in zip(places, await _gather([values[place] for place in places]), strict=True):
            values[place] = value
        return values
    # The futures of data loaders are resolved together, in no order of their waiters.
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
    """What is made of a column: at once, unless it waits."""
    return go_on(column) if isinstance(column, list) else _map_maybe_async(column, go_on)


async def _map_maybe_async(column: PendingColumn, go_on: Callable[[Column], Column | PendingColumn]) -> Column:
    return await await_if_pending(go_on(await column))


async def await_if_pending(column: Column | PendingColumn) -> Column:
    return column if isinstance(column, list) else await column


def gather_columns(columns: Iterable[Column | PendingColumn]) -> Column | PendingColumn:
    """All columns, side by side. What has begun is seen to its end, also when a later one fails."""
    begun: Column = []
    try:
        begun.extend(columns)
    except Exception as error:
        if _waiting(begun):
            return _failed(begun, error)
        raise
    return _all_of(begun) if _waiting(begun) else begun


def _waiting(columns: Column) -> list[int]:
    return [index for index, column in enumerate(columns) if not isinstance(column, list)]


async def _failed(columns: Column, error: Exception) -> Column:
    await _all_of(columns)
    raise error


async def _all_of(columns: Column) -> Column:
    waiting = _waiting(columns)
    for index, column in zip(waiting, await _gather([columns[index] for index in waiting]), strict=True):
        columns[index] = column
    return columns


async def _gather(awaitables: Sequence[Awaitable[Any]]) -> list[Any]:
    """Wait for all side by side, so that their loads meet; then raise the first error, if any."""
    if len(awaitables) == 1:
        return [await awaitables[0]]
    done = await asyncio.gather(*awaitables, return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException):
            raise result
    return done
