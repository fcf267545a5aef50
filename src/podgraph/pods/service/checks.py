"""Checks shared by the writes on pods."""

from collections.abc import Iterable

from podgraph.kernel.errors import ErrorCode, Refusal, Rejected


def check_distinct(keys: Iterable[str], *path: str) -> None:
    listed, field = path
    seen: set[str] = set()
    wrong: list[Refusal] = []
    for place, key in enumerate(keys):
        if key in seen:
            message = f"{key[:60]} is a duplicate; list each {field} once."
            wrong.append(Refusal(ErrorCode.INVALID, message, (listed, str(place), field)))
        seen.add(key)
    if wrong:
        raise Rejected(*wrong)
