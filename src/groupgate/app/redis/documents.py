"""The texts of persisted documents, for all processes."""

from contextlib import suppress
from typing import Final

from groupgate.app.redis.connection import RedisConnection, entry_name
from groupgate.stores import StoreUnavailable

DOCUMENT_SECONDS: Final = 7 * 86_400
"""Seconds for which a persisted document is kept after its last use."""


class RedisDocumentStore:
    """Texts of persisted documents; without Redis every document is unknown."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    async def get(self, document_hash: str) -> str | None:
        """Return the text of the document, and keep it longer."""
        name = entry_name("document", document_hash)
        try:
            stored = await self._connection.run("GETEX", name, "EX", DOCUMENT_SECONDS)
        except StoreUnavailable:
            return None
        text = self._connection.unseal(stored) if isinstance(stored, bytes) else None
        return None if text is None else text.decode()

    async def set(self, document_hash: str, text: str) -> None:
        """Store a text."""
        name = entry_name("document", document_hash)
        sealed = self._connection.seal(text.encode())
        with suppress(StoreUnavailable):
            await self._connection.run("SET", name, sealed, "EX", DOCUMENT_SECONDS)
