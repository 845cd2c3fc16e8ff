"""The rate limit as callers see it: who shares a bucket, the headers, and the refusal."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from starlette.datastructures import Address

from groupgate.app.auth.caller import Caller
from groupgate.app.protocol.request_error import RATE_LIMITED, RequestError
from groupgate.app.token_bucket import WINDOW, Buckets, Level

_IPV6_PREFIX: Final = 64  # what one line is given: single addresses cost its holder nothing


class RateLimit:
    """A limit in points for each caller, told in the headers of the IETF draft.

    draft-ietf-httpapi-ratelimit-headers, revision 10. The policy is called `points` because the
    draft's list of units has none of that name.
    """

    def __init__(self, points_per_minute: int, buckets: Buckets) -> None:
        self._buckets = buckets
        self._policy = f'"points";q={points_per_minute};w={WINDOW}'

    async def take(self, caller: Caller, client: Address | None, points: int) -> Level:
        """Take points from a caller, or none if it does not have as many."""
        return await self._buckets.take(_key(caller, client), points)

    def headers(self, level: Level) -> dict[str, str]:
        """Tell the limit and what is left of it."""
        remaining = f'"points";r={level.remaining};t={level.seconds}'
        return {"RateLimit-Policy": self._policy, "RateLimit": remaining}


def too_much(level: Level, points: int) -> RequestError:
    """Make the refusal of a request that takes more points than its caller has."""
    return RequestError.saying(
        RATE_LIMITED,
        f"Points needed: {points:,}. Points left: {level.remaining:,}.",
        {"Retry-After": str(level.seconds)},
        retryAfterSeconds=level.seconds,
    )


def _key(caller: Caller, client: Address | None) -> str:
    """Callers without a name are told apart by where they call from."""
    if not caller.is_anonymous:
        return caller.name
    return f"{caller.name}:{_network(client.host) if client else ''}"


def _network(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        network = ip_network((int(address), _IPV6_PREFIX), strict=False)
        return str(address.ipv4_mapped or network)
    return host
