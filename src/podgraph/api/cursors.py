"""Keyset cursors: where a page ended, as opaque text that can not be edited unnoticed."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from sqlalchemy import Date
from sqlalchemy.types import TypeEngine
from sqlmodel.sql.sqltypes import UTCDateTime

from podgraph.database.columns import Exact
from podgraph.kernel.errors import BadUserInput

VERSION = 1
DIGEST = 6


def encode(place: str, values: Sequence[Any]) -> str:
    """The cursor of a record: the values of the order's columns, sealed for `place`.

    `place` names the connection and its order: a cursor is of no use in another one.
    """
    body = json.dumps([VERSION, *values], default=_plain, separators=(",", ":")).encode()
    return urlsafe_b64encode(_seal(place, body) + body).decode().rstrip("=")


def decode(place: str, cursor: str, kinds: Sequence[TypeEngine[Any]]) -> list[Any]:
    """The values behind a cursor; BAD_USER_INPUT for one that this connection did not give out."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        seal, body = raw[:DIGEST], raw[DIGEST:]
        if seal != _seal(place, body):
            raise ValueError("the seal does not fit")
        _version, *values = json.loads(body)
        return [_revived(kind, value) for kind, value in zip(kinds, values, strict=True)]
    except (ValueError, ArithmeticError):
        raise BadUserInput(
            f"'{cursor[:40]}' is not a cursor of this connection: pass on an endCursor or startCursor "
            "as it came, with the same orderBy"
        ) from None


def _seal(place: str, body: bytes) -> bytes:
    return blake2b(place.encode() + b"\0" + body, digest_size=DIGEST).digest()


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _revived(kind: TypeEngine[Any], value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case Exact():
            return Decimal(value)
        case UTCDateTime():
            return datetime.fromisoformat(value)
        case Date():
            return date.fromisoformat(value)
        case _:
            return value
