"""The issuer's public keys (JWKS): fetched in the background, one fetch at a time, and cached."""

import asyncio
import time
from collections.abc import Callable
from math import ceil, inf
from typing import Any, Final

import httpx
import msgspec
import structlog

from groupgate.request import Deadline

KEYS_TTL: Final = 300.0
"""Seconds until cached keys are fetched again, unless a token names an unknown key before."""

FETCH_INTERVAL: Final = 10.0
"""The least seconds between two fetches, because anybody can send tokens with unknown keys."""

FETCH_TIMEOUT: Final = 5.0
"""Seconds for a whole fetch, from the connection to the last byte."""

MAX_BYTES: Final = 512 * 1024
"""Bytes of a key set; those of large issuers have about 20 KiB."""

# Uncompressed, because a small compressed body can have any size.
_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}

_log = structlog.get_logger()

Jwk = dict[str, Any]

MakeTransport = Callable[[], httpx.AsyncBaseTransport]


class KeysUnavailableError(Exception):
    """The keys are unknown, because no fetch has succeeded; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class BadJwtError(Exception):
    """A JWT is rejected; the message is for the caller."""


class KeysUnusableError(Exception):
    """The keys could not be fetched; the message is the reason."""


class _KeySet(msgspec.Struct):
    keys: list[Any]


class KeySource:
    """Fetches the issuer's keys. Cached keys stay valid while a fetch runs and if it fails."""

    def __init__(
        self, url: str, transport: MakeTransport, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = url
        self._transport = transport
        self._clock = clock
        self._keys: list[Jwk] | None = None
        self._fetched_at = -inf
        self._tried_at = -inf
        self._fetch_task: asyncio.Task[None] | None = None

    async def keys(self, deadline: Deadline) -> list[Jwk]:
        """Return the cached keys at once; fetch them again if they are older than KEYS_TTL.

        Without cached keys, waits for the fetch. Raises KeysUnavailableError if that fails, or is
        still running at the deadline.
        """
        if self._age >= KEYS_TTL:
            self._start_fetch()
        if self._keys is None:
            await self._wait_for_fetch(deadline)
        if self._keys is None:
            raise self._unavailable()
        return self._keys

    async def newest(self, deadline: Deadline) -> list[Jwk]:
        """Return keys that are not older than FETCH_INTERVAL; fetch them if necessary.

        Raises KeysUnavailableError if the fetch fails, or is still running at the deadline.
        """
        if self._age >= FETCH_INTERVAL:
            self._start_fetch()
            await self._wait_for_fetch(deadline)
        if self._keys is None or self._age >= FETCH_INTERVAL:
            raise self._unavailable()
        return self._keys

    @property
    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _start_fetch(self) -> None:
        is_allowed = self._clock() - self._tried_at >= FETCH_INTERVAL
        if self._fetch_task is None and is_allowed:
            self._fetch_task = asyncio.create_task(self._refresh())

    async def _wait_for_fetch(self, deadline: Deadline) -> None:
        """Wait for the running fetch, which continues for other callers after the deadline."""
        if self._fetch_task is not None:
            seconds = max(0.0, deadline.left) if deadline.is_set else None
            await asyncio.wait([self._fetch_task], timeout=seconds)

    def _unavailable(self) -> KeysUnavailableError:
        if self._fetch_task is not None:
            return KeysUnavailableError(1)
        return KeysUnavailableError(max(1, ceil(self._tried_at + FETCH_INTERVAL - self._clock())))

    async def fetch(self) -> list[Jwk]:
        """Fetch the keys now, without caching them; raise KeysUnusableError if that fails."""
        try:
            return await self._fetch()
        except TimeoutError:
            problem = f"no complete response within {FETCH_TIMEOUT:.0f} s"
        except RecursionError:
            problem = "the JSON is nested too deeply"
        except (httpx.HTTPError, ValueError) as error:  # ValueError: JSON or UTF-8 is malformed
            problem = str(error) or repr(error)
        raise KeysUnusableError(problem)

    async def _refresh(self) -> None:
        try:
            self._keys = await self.fetch()
            self._fetched_at = self._clock()
        except KeysUnusableError as error:
            _log.error("jwks_fetch_failed", url=self._url, problem=str(error))
        finally:
            self._tried_at = self._clock()
            self._fetch_task = None

    async def _fetch(self) -> list[Jwk]:
        body = bytearray()
        async with (
            asyncio.timeout(FETCH_TIMEOUT),
            httpx.AsyncClient(transport=self._transport(), timeout=FETCH_TIMEOUT) as http,
            http.stream("GET", self._url, headers=_HEADERS) as response,
        ):
            response.raise_for_status()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError(f"the response has more than {MAX_BYTES} bytes")
        keys = msgspec.json.decode(body, type=_KeySet).keys
        return [key for key in keys if isinstance(key, dict)]
