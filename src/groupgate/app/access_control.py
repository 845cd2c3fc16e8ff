"""Access control of /graphql: the caller, its permissions and its rate limit."""

from collections.abc import Collection
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from graphql import OperationDefinitionNode, OperationType
from starlette.datastructures import Address
from starlette.requests import Request

from groupgate.app.auth.authenticator import CHALLENGE, Authenticator
from groupgate.app.auth.caller import Caller
from groupgate.app.browsers import check_browser
from groupgate.app.protocol.request_error import FORBIDDEN, RATE_LIMITED, RequestError
from groupgate.app.settings import Settings
from groupgate.request import Deadline
from groupgate.stores import RATE_WINDOW, Buckets, Level

REQUEST_POINTS: Final = 1
"""Points that every request costs, even one that is rejected: reading a document takes time."""

_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_IPV6_PREFIX: Final = 64  # a customer's line gets a whole network of this size


class AccessControl:
    """Checks requests against the callers, origins and rate limit of the settings."""

    def __init__(self, settings: Settings, authenticator: Authenticator, buckets: Buckets) -> None:
        self._authenticator = authenticator
        self._origins = settings.cors_origins
        points = settings.rate_points_per_minute
        self._limit = RateLimit(points, buckets) if points else None
        self.only_caller = None if points else authenticator.only_caller
        """The caller of every request, if there are no others and no rate limit; else None."""

    def reload(self) -> None:
        """Read the file of tokens again."""
        self._authenticator.reload()

    def begin(self, request: Request) -> "RequestAccess":
        """Return the access control of one request."""
        return RequestAccess(request, self._authenticator, self._origins, self._limit)


class RequestAccess:
    """The access control of one request; `headers` belong on its response in every case."""

    def __init__(
        self,
        request: Request,
        authenticator: Authenticator,
        origins: Collection[str],
        limit: "RateLimit | None",
    ) -> None:
        self.headers: dict[str, str] = {}
        self.taken = 0
        """Points that were taken from the caller; 0 without a rate limit."""
        self._has_waited = False
        self._request = request
        self._authenticator = authenticator
        self._origins = origins
        self._limit = limit

    async def enter(self, deadline: Deadline) -> Caller:
        """Return the caller; raise RequestError if it may not call at all."""
        if self._request.method in _SAFE_METHODS:
            check_browser(self._request.headers, self._origins)
        tokens = self._request.headers.getlist("authorization")
        caller = await self._authenticator.caller(tokens, deadline)
        if not caller.permissions.readable:
            raise _missing_scope("read")
        if self._limit is not None:
            self._has_waited = await self._limit.redeem(caller, self._request.client)
        await self.charge(caller, REQUEST_POINTS)
        return caller

    def share_of(self, caller: Caller) -> str:
        """Return the name under which requests count as one caller's; anonymous: the network."""
        return _bucket_key(caller, self._request.client)

    async def charge(self, caller: Caller, points: int) -> None:
        """Take points from the caller; raise RequestError if it does not have enough.

        A caller that has waited as long as an earlier error has reported is served in any case: it
        need not have the points of this request, which may cost more, but then owes them.
        """
        level = await self._take(caller, points, force=self._has_waited)
        if level is not None and not level.was_taken:
            raise _rate_limited(level, points)

    async def charge_later(self, caller: Caller, points: int) -> None:
        """Take points that the caller may owe, because the work has to be done in any case."""
        await self._take(caller, points, force=True)

    async def _take(self, caller: Caller, points: int, *, force: bool) -> Level | None:
        if self._limit is None or points <= 0:
            return None
        level = await self._limit.take(
            caller, self._request.client, points, slack=self.taken, force=force
        )
        self.taken += points
        self.headers.update(self._limit.headers(level))
        return level


def check_permitted(caller: Caller, operation: OperationDefinitionNode) -> None:
    """Raise RequestError for a mutation of a caller that may not change any vendor."""
    if operation.operation is OperationType.MUTATION and not caller.permissions.writable:
        raise _missing_scope("write")


def _missing_scope(scope: str) -> RequestError:
    challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'
    message = f"The request requires the scope {scope}, for all vendors or for one."
    return RequestError.with_message(FORBIDDEN, message, {"WWW-Authenticate": challenge})


def _rate_limited(level: Level, points: int) -> RequestError:
    message = (
        f"Rate limit exceeded. Points required: {points:,}; points left: {level.remaining:,}. "
        f"Retry in {level.seconds} s."
    )
    return RequestError.with_message(
        RATE_LIMITED,
        message,
        {"Retry-After": str(level.seconds)},
        retryAfterSeconds=level.seconds,
    )


class RateLimit:
    """A limit in points for each caller, reported in the headers of the IETF draft.

    draft-ietf-httpapi-ratelimit-headers, revision 10. The policy is named `points` because the
    draft's list of units has no such unit.
    """

    def __init__(self, points_per_minute: int, buckets: Buckets) -> None:
        self._buckets = buckets
        self._policy = f'"points";q={points_per_minute};w={RATE_WINDOW}'

    async def take(
        self,
        caller: Caller,
        client: Address | None,
        points: int,
        *,
        slack: int = 0,
        force: bool = False,
    ) -> Level:
        """Take points from a caller, or nothing if it does not have enough; see `Buckets`."""
        return await self._buckets.take(
            _bucket_key(caller, client), points, slack=slack, force=force
        )

    async def redeem(self, caller: Caller, client: Address | None) -> bool:
        """Return True if the caller was rejected and has waited as long as it should."""
        return await self._buckets.redeem(_bucket_key(caller, client))

    def headers(self, level: Level) -> dict[str, str]:
        """Return the headers with the limit and the points left."""
        remaining = f'"points";r={level.remaining};t={level.seconds}'
        return {"RateLimit-Policy": self._policy, "RateLimit": remaining}


def _bucket_key(caller: Caller, client: Address | None) -> str:
    """The caller's name; anonymous callers are distinguished by their network."""
    if not caller.is_anonymous:
        return caller.name
    return f"{caller.name}:{_network(client.host) if client else ''}"


@lru_cache(maxsize=4_096)
def _network(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        network = ip_network((int(address), _IPV6_PREFIX), strict=False)
        return str(address.ipv4_mapped or network)
    return host
