"""The public keys that tokens are verified with: a JSON Web Key Set, in a file or at an address."""

import asyncio
import logging
import time
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import orjson
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError

log = logging.getLogger("podgraph")

ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA"})
"""Signature algorithms of tokens that public keys verify. None of them uses a shared secret."""
KEPT_SECONDS = 600
"""Seconds for which a key set is cached: a withdrawn key is rejected after this time at the latest."""
READ_TIMEOUT = 5
"""Timeout of fetching a key set, and the minimum between two attempts, in seconds."""
MAX_KEYS_BYTES = 1_000_000


class KeySetError(ValueError):
    """The key set cannot be read; the message is the reason."""


class KeySet:
    """Keys by id. An unknown id causes a refresh, because its key may be new."""

    def __init__(self, place: str, *, kept: float = KEPT_SECONDS, read_timeout: float = READ_TIMEOUT) -> None:
        self._place, self._kept, self._patience = place, kept, read_timeout
        self._keys: Mapping[str | None, PyJWK] = {}
        self._read_at = self._tried_at = float("-inf")
        self._reading = asyncio.Lock()

    async def find(self, key_id: str | None) -> PyJWK | None:
        """The key with this id, or the only key if there is no id. KeySetError if the keys cannot be read."""
        if self._is_missing(key_id):
            async with self._reading:
                # Tokens with invented ids must not cause a refresh each.
                if self._is_missing(key_id) and time.monotonic() - self._tried_at >= self._patience:
                    await self._read()
        if not self._is_fresh():
            raise KeySetError(f"the keys at {self._place} cannot be read")
        return self._pick(key_id)

    def _is_missing(self, key_id: str | None) -> bool:
        return not self._is_fresh() or self._pick(key_id) is None

    def _pick(self, key_id: str | None) -> PyJWK | None:
        if key_id is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._read_at < self._kept

    async def _read(self) -> None:
        self._tried_at = time.monotonic()
        try:
            self._keys = keys_of(await asyncio.to_thread(_content, self._place))
            self._read_at = time.monotonic()
        except (OSError, ValueError, HTTPException) as error:
            log.error("The keys at %s cannot be read: %s", self._place, error)


def _content(place: str) -> bytes:
    if not place.startswith(("https://", "http://")):
        return Path(place).read_bytes()
    request = Request(place, headers={"Accept": "application/json"})
    with urlopen(request, timeout=READ_TIMEOUT) as answer:
        content: bytes = answer.read(MAX_KEYS_BYTES)
    return content


def keys_of(content: bytes) -> dict[str | None, PyJWK]:
    """The keys of a set that tokens may be signed with, by their ids; KeySetError where there is none."""
    try:
        described = orjson.loads(content)["keys"]
        # Without `d` a private key is its public one, which verifies.
        public = [{name: each[name] for name in each if name != "d"} for each in described if _verifies(each)]
        keys = PyJWKSet(public).keys
    except (PyJWTError, LookupError, ValueError, TypeError) as error:
        raise KeySetError(f"not a JSON Web Key Set: {error}") from None
    usable = {key.key_id: key for key in keys if key.algorithm_name in ALGORITHMS}
    if not usable:
        raise KeySetError(f"no key for {', '.join(sorted(ALGORITHMS))} in it")
    return usable


def _verifies(described: Any) -> bool:
    """Whether a key can verify signatures, by the use that it declares (RFC 7517, 4.2 and 4.3)."""
    if not isinstance(described, dict) or not isinstance(described.get("kid"), str | None):
        return False
    use, operations = described.get("use"), described.get("key_ops")
    verifies = operations is None or (isinstance(operations, list) and "verify" in operations)
    return verifies and use in (None, "sig")
