"""The gate before /graphql: who comes in, what they may run, and how much they may ask for."""

from collections.abc import Collection
from typing import Final

import httpx
from graphql import OperationDefinitionNode, OperationType
from starlette.requests import Request

from groupgate.app.auth.authenticator import CHALLENGE, Authenticator
from groupgate.app.auth.caller import Caller
from groupgate.app.browsers import check_browser
from groupgate.app.protocol.request_error import FORBIDDEN, RequestError
from groupgate.app.rate_limit import RateLimit, too_much
from groupgate.app.settings import Settings
from groupgate.app.token_bucket import MemoryBuckets
from groupgate.app.wiring import MakeTransport

ENTRY: Final = 1
"""Points for each request, whatever becomes of it: reading a document takes time too."""

_SAFE: Final = frozenset({"GET", "HEAD"})


class AccessControl:
    """Knows the callers, the origins and the rate limit that the settings name."""

    def __init__(
        self, settings: Settings, transport: MakeTransport = httpx.AsyncHTTPTransport
    ) -> None:
        """Raise Misconfigured if the tokens cannot be read."""
        self._authenticator = Authenticator.of(settings, transport)
        self._origins = settings.cors_origins
        self._limit = _limit(settings.rate_points_per_minute)

    def begin(self, request: Request) -> "RequestAccess":
        """Begin to deal with one request."""
        return RequestAccess(request, self._authenticator, self._origins, self._limit)


class RequestAccess:
    """One request at the gate. `headers` are for its answer, whatever that is."""

    def __init__(
        self,
        request: Request,
        authenticator: Authenticator,
        origins: Collection[str],
        limit: RateLimit | None,
    ) -> None:
        self.headers: dict[str, str] = {}
        self._request = request
        self._authenticator = authenticator
        self._origins = origins
        self._limit = limit

    async def enter(self) -> Caller:
        """Return the caller; refuse one that may not call at all."""
        if self._request.method in _SAFE:
            check_browser(self._request.headers, self._origins)
        caller = await self._authenticator.caller(self._request.headers.getlist("authorization"))
        if not caller.permissions.readable:
            raise _lacks("read")
        await self.charge(caller, ENTRY)
        return caller

    async def charge(self, caller: Caller, points: int) -> None:
        """Take points from the caller; refuse if it does not have as many."""
        if self._limit is not None and points > 0:
            level = await self._limit.take(caller, self._request.client, points)
            self.headers.update(self._limit.headers(level))
            if not level.was_taken:
                raise too_much(level, points)


def check_permitted(caller: Caller, operation: OperationDefinitionNode) -> None:
    """Refuse a mutation of a caller that may change nothing at any vendor."""
    if operation.operation is OperationType.MUTATION and not caller.permissions.writable:
        raise _lacks("write")


def _lacks(scope: str) -> RequestError:
    challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'
    message = f"This needs the scope {scope}, for all vendors or for one."
    return RequestError.saying(FORBIDDEN, message, {"WWW-Authenticate": challenge})


def _limit(points_per_minute: int) -> RateLimit | None:
    if not points_per_minute:
        return None
    # The point of the request is gone when its operation is paid for.
    return RateLimit(points_per_minute, MemoryBuckets(points_per_minute, slack=ENTRY))
