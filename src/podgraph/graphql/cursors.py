"""Keyset cursors: the position of a record in an ordered connection, as opaque text.

A checksum detects cursors that are damaged, or that belong to another connection or order. It is not a signature:
a client can compute it, so the values of a cursor are validated against the columns of its order.
"""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import BigInteger, ColumnElement, Date, Integer, Text
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.database.columns import Exact
from podgraph.kernel.errors import BadUserInput
from podgraph.kernel.notation import read_day, read_decimal, read_instant

VERSION = 1
CHECKSUM_BYTES = 6


def encode(place: str, values: Sequence[Any]) -> str:
    """Encode the values of the order's columns, with a checksum over them and `place`.

    `place` identifies the connection and its order, so that a cursor of another one is rejected.
    """
    body = orjson.dumps([VERSION, *values], default=str)
    return urlsafe_b64encode(_checksum(place, body) + body).decode().rstrip("=")


def decode(place: str, cursor: str, columns: Sequence[ColumnElement[Any]]) -> list[Any]:
    """Decode a cursor to values that fit their columns; BAD_USER_INPUT for any other text."""
    try:
        raw = b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        checksum, body = raw[:CHECKSUM_BYTES], raw[CHECKSUM_BYTES:]
        if checksum != _checksum(place, body):
            raise ValueError("the checksum does not match")
        match orjson.loads(body):
            case [int(version), *values] if version == VERSION:
                return [_checked(column, value) for column, value in zip(columns, values, strict=True)]
        raise ValueError("not a cursor of this version")
    except ValueError:
        raise BadUserInput(
            f"'{cursor[:40]}' is not a cursor of this connection: pass on an endCursor or startCursor "
            "as it came, with the same orderBy"
        ) from None


def _checksum(place: str, body: bytes) -> bytes:
    return blake2b(place.encode() + b"\0" + body, digest_size=CHECKSUM_BYTES).digest()


def _checked(column: ColumnElement[Any], value: Any) -> Any:
    """Convert a value of a cursor to the type of its column; ValueError if it does not fit."""
    match column.type, value:
        case _, None if getattr(column, "nullable", True):
            return None
        case Text(), str() if "\0" not in value:
            return value
        case Integer() as kind, int() if _fits(value, 64 if isinstance(kind, BigInteger) else 32):
            return value
        case Exact() as kind, str() if _holds(kind, exact := read_decimal(value)):
            return exact
        case UTCDateTime(), str():
            return read_instant(value)
        case Date(), str():
            return read_day(value)
    raise ValueError(f"not a value of a column of type {column.type!r}")


def _fits(value: int, bits: int) -> bool:
    return not isinstance(value, bool) and value.bit_length() < bits


def _holds(kind: Exact, value: Decimal) -> bool:
    """Whether a value has no more digits than the column, before and after the decimal point."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -kind.scale and value.adjusted() < kind.precision - kind.scale
