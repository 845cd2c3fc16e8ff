"""What lives as long as one request of a client: its memo of GET answers and its calls."""

import asyncio
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from groupgate.domain.refs import ProviderKey


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamCall:
    """One call that went out: `milliseconds` until its answer was read, `status` 0 for none."""

    provider: ProviderKey
    method: str
    path: str
    status: int
    milliseconds: float


@dataclass(slots=True, kw_only=True)
class RequestScope:
    """The memory of one request. The memo's keys begin with the provider they belong to."""

    memo: dict[tuple[ProviderKey, Hashable], asyncio.Task[Any]] = field(default_factory=dict)
    calls: list[UpstreamCall] = field(default_factory=list)

    def forget(self, provider: ProviderKey) -> None:
        """Drop what is remembered of this vendor, for it has just been changed."""
        for key in [key for key in self.memo if key[0] is provider]:
            del self.memo[key]


_current: ContextVar[RequestScope] = ContextVar("request_scope")


def current_scope() -> RequestScope:
    """The scope of the running request; outside of one, a new scope that nobody shares."""
    return _current.get(None) or RequestScope()


@contextmanager
def request_scope() -> Iterator[RequestScope]:
    """Open the scope of one request; all tasks started inside share it."""
    scope = RequestScope()
    token = _current.set(scope)
    try:
        yield scope
    finally:
        _current.reset(token)
