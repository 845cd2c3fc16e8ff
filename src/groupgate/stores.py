"""Protocols of the stores that several gateway processes can share.

The gateway keeps each of them in memory unless another implementation is passed to `create_app`.
Both halves of the program may import this module.
"""

from asyncio import Future
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from groupgate.domain.refs import AccountKey
from groupgate.request import Deadline


class KeyReused(Exception):
    """The idempotency key belongs to another request."""


class KeyInUse(Exception):
    """The first request with this idempotency key is still running."""


class KeyInterrupted(Exception):
    """The first request with this idempotency key ended without a result: its process died."""


class StoreUnavailable(Exception):
    """The store cannot be asked at present."""


class IdempotencyStore(Protocol):
    """Results of mutations by idempotency key."""

    async def begin(self, key: str, fingerprint: str) -> bytes | None:
        """Claim the key and return None, or return the result that is stored under it.

        `fingerprint` identifies the request. Raises KeyReused if another request has used the
        key, KeyInUse if the request that claimed it has not finished, KeyInterrupted if it never
        will, and StoreUnavailable if nobody knows.
        """

    async def finish(self, key: str, result: bytes) -> None:
        """Store the result of the request that claimed the key."""

    async def abandon(self, key: str) -> None:
        """Release the key, because nothing was applied."""


class DocumentStore(Protocol):
    """Texts of persisted documents by SHA-256 hash."""

    async def get(self, document_hash: str) -> str | None:
        """Return the text of the document, or None if it is unknown."""

    async def set(self, document_hash: str, text: str) -> None:
        """Store the text of a valid document."""


RATE_WINDOW: Final = 60
"""Seconds in which an empty bucket becomes full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The state of a bucket after an attempt to take points from it."""

    was_taken: bool
    remaining: int
    """Points left."""
    seconds: int
    """Seconds until the bucket is full; if nothing was taken, until the same take succeeds."""


class Buckets(Protocol):
    """Token buckets by key, for the rate limit of callers."""

    async def take(self, key: str, points: int, *, slack: int = 0, force: bool = False) -> Level:
        """Take points from the bucket of this key, or nothing if it does not hold enough.

        More points than the capacity minus `slack` can be taken from a bucket that lacks at most
        `slack` points. With `force`, they are taken from any bucket. A bucket owes what it lacked.
        """

    async def redeem(self, key: str) -> bool:
        """Return True once after each time that a take has reported and that has passed."""


class SharedRead(Protocol):
    """A read of this process, or the answer that another process has read."""

    @property
    def answer(self) -> bytes | None:
        """The answer; None if this process has to read it."""

    @property
    def age(self) -> float:
        """Seconds since the answer was read."""

    def keep(self, answer: bytes, ttl: float) -> None:
        """Give the answer to the other processes, for `ttl` seconds."""


class SharedCache(Protocol):
    """The second level of the read cache: encoded responses of vendors.

    The first level is synchronous and in the memory of each process. An implementation must not
    raise: a cache that cannot be reached has no entries.
    """

    def reading(
        self, account: AccountKey, key: str, deadline: Deadline
    ) -> AbstractAsyncContextManager[SharedRead]:
        """Find the answer of a read, or begin the read, for which other processes then wait.

        While another process reads, wait for its answer, until the deadline at most. If it has
        failed or died, this process is to read. No answer is older than the last write of which
        `WriteNotices.end` has told the processes.
        """


class WriteNotices(Protocol):
    """What several processes tell each other about writes to vendors.

    A process may answer from memory only what `may_use_memory` allows. When the result of `end` has
    been awaited, no process answers with anything that was read from the vendor before.
    """

    def listen(self, provider: AccountKey, on_write: Callable[[], None]) -> None:
        """Call `on_write` whenever another process may have written to the vendor."""

    def may_use_memory(self, provider: AccountKey) -> bool:
        """Return True if this process has been told of every write whose client has its answer."""

    async def begin(self, provider: AccountKey) -> str:
        """Announce a write that is about to be sent; return a name for it."""

    def end(self, provider: AccountKey, write: str, *, is_unchanged: bool) -> Future[None]:
        """Announce the end of a write; the result is done when all processes know it.

        `write` is empty for one that was not announced. If it has changed nothing, nobody waits.
        """

    async def start(self) -> None:
        """Begin to listen."""

    async def aclose(self) -> None:
        """Use nothing from memory any longer, and tell the other processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The calls to one account that all processes together may make."""

    concurrency: int
    windows: Mapping[float, int]
    """Calls by the length of their window in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Permits for calls, by their names."""

    permits: Sequence[str]
    wait: float
    """Seconds after which another permit may be free, if there are fewer than were wanted."""


class SharedBudget(Protocol):
    """The permits for calls to one account, which several processes share."""

    @property
    def processes(self) -> int:
        """The last known number of processes that share it, at least 1."""

    async def take(self, wanted: int, limits: Limits) -> Grant:
        """Take up to `wanted` permits; raise StoreUnavailable if nobody knows the rest."""

    def spare(self, limits: Limits) -> str | None:
        """Return a permit that was granted before a call asks for it; None if there is none."""

    def end(self, permit: str, *, was_sent: bool) -> None:
        """Return a permit; a call that was sent counts until its window has passed."""

    def begin_alone(self) -> str:
        """Count a call that is made while the store is unavailable; `end` takes its result."""

    def left(self, limits: Mapping[float, int]) -> Mapping[float, int]:
        """Return how many further calls all processes together could make when last asked.

        `limits` and the result are calls by the length of their window in seconds.
        """

    def recent(self) -> Iterable[float]:
        """Return when the calls of this process in the last minute ended, on the loop's clock."""

    def pause(self, seconds: float) -> None:
        """Let no process call for this time, because the vendor demands it."""


class StoreConnection(Protocol):
    """The connection to the store of several processes."""

    @property
    def is_available(self) -> bool:
        """False after a failure, until the store has responded again."""

    async def check(self) -> None:
        """Check at the start; raise Misconfigured if the store can never be used."""

    async def probe(self) -> bool:
        """Return True if the store responds, and stores what it is given."""

    async def aclose(self) -> None:
        """Close the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The stores that the gateway uses; `cache` None keeps the read cache in each process.

    `connection` is that to the store of several processes, None if everything is in memory, and
    `notices` are what these processes tell each other. `budget` returns that of an account.
    """

    idempotency: IdempotencyStore
    documents: DocumentStore
    buckets: Buckets
    cache: SharedCache | None = None
    notices: WriteNotices | None = None
    budget: Callable[[AccountKey], SharedBudget] | None = None
    connection: StoreConnection | None = None
