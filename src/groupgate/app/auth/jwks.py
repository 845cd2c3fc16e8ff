"""The public keys of the issuer of JWTs: fetched when needed, kept, and fetched again."""

import asyncio
import time
from collections.abc import Callable
from math import ceil, inf
from typing import Any, Final

import httpx
import msgspec
import structlog

from groupgate.app.wiring import MakeTransport

FRESH_FOR: Final = 300.0
"""Seconds for which keys are not asked for again, unless a token names another one."""

PAUSE: Final = 10.0
"""Seconds between two fetches, whatever happens: anybody can send tokens of unknown keys."""

TIMEOUT: Final = 5.0

_log = structlog.get_logger()

Jwk = dict[str, Any]


class KeysUnavailableError(Exception):
    """No keys could be fetched so far."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class _KeySet(msgspec.Struct):
    keys: list[Jwk]


class KeySource:
    """Fetches the keys, one fetch at a time. When that fails, the keys it has remain good."""

    def __init__(
        self,
        url: str,
        transport: MakeTransport = httpx.AsyncHTTPTransport,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._transport = transport
        self._clock = clock
        self._keys: list[Jwk] | None = None
        self._fetched_at = -inf
        self._tried_at = -inf
        self._lock = asyncio.Lock()

    async def keys(self) -> list[Jwk]:
        """Return the keys, fetched anew if they are no longer fresh."""
        return await self._not_older_than(FRESH_FOR)

    async def newest(self) -> list[Jwk]:
        """Return the keys, fetched anew unless that was just done."""
        return await self._not_older_than(PAUSE)

    async def _not_older_than(self, seconds: float) -> list[Jwk]:
        async with self._lock:
            now = self._clock()
            if now - self._fetched_at >= seconds and now - self._tried_at >= PAUSE:
                await self._fetch()
        if self._keys is None:
            raise KeysUnavailableError(max(1, ceil(self._tried_at + PAUSE - self._clock())))
        return self._keys

    async def _fetch(self) -> None:
        try:
            self._keys = await self._answer()
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            self._tried_at = self._clock()
            _log.error("jwks_not_fetched", url=self._url, problem=str(error) or repr(error))
        else:
            self._fetched_at = self._tried_at = self._clock()

    async def _answer(self) -> list[Jwk]:
        async with httpx.AsyncClient(transport=self._transport(), timeout=TIMEOUT) as http:
            response = await http.get(self._url, headers={"Accept": "application/json"})
        response.raise_for_status()
        return msgspec.json.decode(response.content, type=_KeySet).keys
