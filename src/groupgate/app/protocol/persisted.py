"""Automatic persisted queries: a hash is sent instead of a document seen before.

The protocol is Apollo's: a client sends the hash alone, learns that it is not known, and sends
it again together with the document.
"""

from contextlib import suppress
from hashlib import sha256
from typing import Final

import msgspec
from cachetools import LRUCache

from groupgate.app.protocol.parameters import Parameters
from groupgate.app.protocol.request_error import (
    NOT_PERSISTED,
    NOT_WELL_FORMED,
    UNREADABLE,
    RequestError,
)

MOST_BYTES: Final = 4_000_000
MOST_DOCUMENTS: Final = 10_000

_VERSION: Final = 1


class PersistedQuery(msgspec.Struct, frozen=True, rename={"sha256_hash": "sha256Hash"}):
    """What a client sends in `extensions.persistedQuery`."""

    version: int
    sha256_hash: str


class PersistedDocuments:
    """Runs any document, and remembers the valid ones that come with their hash."""

    def __init__(self) -> None:
        self._texts: LRUCache[str, str] = LRUCache(MOST_BYTES, _weight)

    def find(self, asked: Parameters) -> str:
        """Return the document sent, or the one remembered under the hash sent."""
        named = persisted_query(asked)
        if named is None:
            return asked.query if asked.query is not None else _no_document()
        if named.version != _VERSION:
            raise RequestError.saying(UNREADABLE, "Only version 1 of persisted queries is served.")
        if asked.query is None:
            return self._texts.get(named.sha256_hash) or _not_known()
        if sha256(asked.query.encode()).hexdigest() != named.sha256_hash:
            raise RequestError.saying(
                UNREADABLE, "The hash is not the SHA-256 hash of the document."
            )
        return asked.query

    def accepted(self, asked: Parameters) -> None:
        """Remember a document, now that it has turned out to be valid."""
        named = persisted_query(asked)
        if named is not None and asked.query is not None:
            with suppress(ValueError):  # it is larger than all that may be kept
                self._texts[named.sha256_hash] = asked.query


def persisted_query(asked: Parameters) -> PersistedQuery | None:
    """Return `extensions.persistedQuery`; refuse one that is malformed."""
    given = (asked.extensions or {}).get("persistedQuery")
    if given is None:
        return None
    try:
        return msgspec.convert(given, PersistedQuery)
    except msgspec.ValidationError as error:
        message = f"`extensions.persistedQuery` is malformed: {error}."
        raise RequestError.saying(NOT_WELL_FORMED, message) from None


def _no_document() -> str:
    raise RequestError.saying(NOT_WELL_FORMED, "The request has no document: `query` is missing.")


def _not_known() -> str:
    # Clients look for just this message.
    raise RequestError.saying(NOT_PERSISTED, "PersistedQueryNotFound")


def _weight(text: str) -> int:
    """Weigh a text by its bytes; the least weight is what bounds the number of texts."""
    return max(len(text.encode()), MOST_BYTES // MOST_DOCUMENTS)
