"""Values of a request: parsed exactly, limited in size, and without characters that cannot be stored."""

import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from graphql import (
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
)
from podgraph.kernel.request_errors import RequestError, RequestErrorCode
from podgraph.limits.limits import Limits


def read_json(text: str | bytes) -> Any:
    """The value of a JSON text, with a Decimal for each number that a float would change.

    orjson is strict: no NaN, no number that overflows, no half a character, and nothing endlessly nested.
    It makes a float of every number that is no small integer, so where there is one the text is read again.
    """
    value = orjson.loads(text)
    if not _has_float(value):
        return value
    try:
        return json.loads(text, parse_float=_number)
    except (RecursionError, InvalidOperation):
        raise orjson.JSONDecodeError("too deeply nested, or a number out of range", "", 0) from None


def _has_float(value: Any) -> bool:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        kind = type(one)
        if kind is float:
            return True
        if kind is dict:
            waiting += one.values()
        elif kind is list:
            waiting += one
    return False


def _number(text: str) -> float | Decimal:
    """A float where its shortest notation is the number that was written, else the Decimal."""
    short, exact = float(text), Decimal(text)
    return short if Decimal(repr(short)) == exact else exact


def check_value(value: Any, limits: Limits) -> None:
    """RequestError if the value of a variable, or a part of it, exceeds a limit."""
    _check(value, limits, 0)


def check_literal(node: ValueNode, limits: Limits) -> None:
    """RequestError if a value in a document, or a part of it, exceeds a limit."""
    _check(node, limits, 0)


def _check(value: Any, limits: Limits, depth: int) -> None:
    if depth > limits.value_depth:
        raise _bad(f"Values are nested at most {limits.value_depth} levels deep")
    match value:
        case str() | StringValueNode():
            _check_text(value if isinstance(value, str) else value.value, limits)
        case IntValueNode() | FloatValueNode():
            if len(value.value) > limits.digits:
                raise _bad(f"A number has at most {limits.digits} digits")
        case list() | dict() | ListValueNode() | ObjectValueNode():
            inner = list(_inner(value))
            if len(inner) > limits.items:
                raise _bad(f"A list or an object has at most {limits.items} values")
            for one in inner:
                _check(one, limits, depth + 1)


def _inner(value: Any) -> Iterable[Any]:
    match value:
        case ListValueNode():
            return value.values
        case ObjectValueNode():
            return (one.value for one in value.fields)
        case dict():
            return value.values()
        case _:
            return list(value)


def _check_text(text: str, limits: Limits) -> None:
    if len(text) > limits.text:
        raise _bad(f"A text has at most {limits.text} characters")
    if "\0" in text:
        raise _bad("Text cannot contain the character NUL; remove it.")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise _bad("Text cannot contain an unpaired surrogate; remove it.")


def _bad(message: str) -> RequestError:
    return RequestError(RequestErrorCode.BAD_USER_INPUT, message)
