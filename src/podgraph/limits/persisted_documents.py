"""Persisted documents by hash: registered ones, and those that a client sent recently.

A request names a document as in the draft of GraphQL over HTTP, `documentId: "sha256:<64 digits>"`, or
as Apollo's clients do, `extensions: {persistedQuery: {version: 1, sha256Hash: "<64 digits>"}}`.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from cachetools import LRUCache, TTLCache
from sqlalchemy import bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from podgraph.database.compiled import CompiledStatement
from podgraph.database.engine import fetch_autocommit
from podgraph.kernel.request_errors import RequestError, RequestErrorCode
from podgraph.limits.models import TrustedDocument

log = logging.getLogger("podgraph")

MAX_CACHE_CHARACTERS = 1_000_000
"""Characters of documents that are cached by hash."""
UNKNOWN, UNKNOWN_SECONDS = 10_000, 10
"""Unknown hashes that are cached, and for how many seconds, before the database is read again."""
_TABLE = TrustedDocument.metadata.tables["trusted_document"]
_BY_HASH = select(_TABLE.c.document).where(_TABLE.c.sha256 == bindparam("sha256"))
_HASH = re.compile(r"(?:sha256:)?([0-9a-f]{64})", re.ASCII | re.IGNORECASE)


class PersistedDocumentMode(StrEnum):
    """Treatment of unregistered documents: `off` allows, `log` allows and logs, `enforce` rejects them."""

    OFF = "off"
    LOG = "log"
    ENFORCE = "enforce"


def document_hash(document: str) -> str:
    """The hash of a document: SHA-256 of its text in UTF-8, in hexadecimal digits."""
    # Validation rejects a lone surrogate; here it must not raise.
    return sha256(document.encode("utf-8", "surrogatepass")).hexdigest()


class PersistedDocuments:
    """Finds documents by hash, and applies the mode to unregistered ones."""

    def __init__(self, engine: AsyncEngine, mode: PersistedDocumentMode) -> None:
        self._engine, self._mode = engine, mode
        self._by_hash = CompiledStatement(_BY_HASH, engine.dialect)
        self._sent: LRUCache[str, str] = LRUCache(MAX_CACHE_CHARACTERS, getsizeof=len)
        self._trusted: LRUCache[str, str] = LRUCache(MAX_CACHE_CHARACTERS, getsizeof=len)
        self._unknown: TTLCache[str, None] = TTLCache(UNKNOWN, UNKNOWN_SECONDS)

    async def text(self, query: str | None, extensions: Mapping[str, Any]) -> str | None:
        """The document of a request; RequestError if it is unknown, does not match its hash, or is not trusted."""
        named = _named(extensions)
        if query is None:
            return None if named is None else await self._found(named)
        if named is None and self._mode is PersistedDocumentMode.OFF:
            return query
        digest = document_hash(query)
        if named is not None and named != digest:
            raise RequestError(RequestErrorCode.BAD_REQUEST, "The hash does not match the document in `query`.")
        await self._check(digest)
        if named is not None and len(query) < MAX_CACHE_CHARACTERS:
            self._sent[digest] = query
        return query

    async def _found(self, digest: str) -> str:
        found = await self._added(digest)
        if found is None and self._mode is not PersistedDocumentMode.ENFORCE:
            found = self._sent.get(digest)
        if found is None:
            raise RequestError(RequestErrorCode.PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")
        return found

    async def _check(self, digest: str) -> None:
        if self._mode is PersistedDocumentMode.OFF or await self._added(digest) is not None:
            return
        if self._mode is PersistedDocumentMode.ENFORCE:
            message = "This server only executes registered documents; register it with `podgraph documents add`."
            raise RequestError(RequestErrorCode.DOCUMENT_NOT_TRUSTED, message)
        log.warning("Unregistered document: sha256:%s", digest)

    async def _added(self, digest: str) -> str | None:
        if self._mode is PersistedDocumentMode.OFF or digest in self._unknown:
            return None
        if digest not in self._trusted:
            rows = await fetch_autocommit(self._engine, self._by_hash, {"sha256": digest})
            if not rows:
                self._unknown[digest] = None
                return None
            found: str = rows[0][0]
            if len(found) > MAX_CACHE_CHARACTERS:
                return found
            self._trusted[digest] = found
        return self._trusted[digest]


def _named(extensions: Mapping[str, Any]) -> str | None:
    """The hash of the document that a request names; None if it names none."""
    given = extensions.get("documentId")
    if given is None and "persistedQuery" in extensions:
        apollo = extensions["persistedQuery"]
        known = isinstance(apollo, dict) and apollo.get("version") == 1
        given = apollo.get("sha256Hash", "") if known else ""
    elif given is None:
        return None
    found = _HASH.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise RequestError(
            RequestErrorCode.BAD_REQUEST, "A document ID is `sha256:` followed by 64 hexadecimal digits."
        )
    return found[1].lower()


_ADD = text("""
    INSERT INTO trusted_document (sha256, document, added_at) VALUES (:sha256, :document, :added_at)
    ON CONFLICT (sha256) DO NOTHING
""")


async def add_documents(engine: AsyncEngine, documents: Iterable[str]) -> int:
    """Register documents for all processes; returns the number of new ones."""
    async with engine.begin() as connection:
        before = (await connection.execute(_count())).scalar_one()
        for document in documents:
            added = {"sha256": document_hash(document), "document": document, "added_at": datetime.now(UTC)}
            await connection.execute(_ADD.bindparams(**added))
        after = (await connection.execute(_count())).scalar_one()
    return int(after - before)


def _count() -> Any:
    return select(func.count()).select_from(_TABLE)
