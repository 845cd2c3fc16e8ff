"""Access control of /graphql: the caller, its permissions and its rate limit."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from importlib import import_module
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

import structlog
from graphql import OperationDefinitionNode, OperationType
from starlette.datastructures import Address
from starlette.requests import Request

from groupgate.app.auth.caller import Caller, permissions_of
from groupgate.app.auth.jwks import (
    BadJwtError,
    KeySource,
    KeysUnavailableError,
    MakeTransport,
)
from groupgate.app.auth.tokens import RejectionLog, TokenStore
from groupgate.app.browsers import check_browser
from groupgate.app.protocol.request_error import (
    AUTH_UNAVAILABLE,
    FORBIDDEN,
    RATE_LIMITED,
    UNAUTHENTICATED,
    RequestError,
)
from groupgate.app.settings import Settings
from groupgate.domain.refs import NamedAccount
from groupgate.request import Deadline
from groupgate.stores import RATE_WINDOW, Buckets, Level

if TYPE_CHECKING:
    from groupgate.app.auth.jwt import JwtVerifier

MAX_TOKEN_LENGTH: Final = 8_192

CHALLENGE: Final = 'Bearer realm="groupgate"'
"""The `WWW-Authenticate` header of a rejection (RFC 6750)."""

REQUEST_POINTS: Final = 1
"""Points that every request costs, even one that is rejected: reading a document takes time."""

_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_IPV6_PREFIX: Final = 64  # a customer's line gets a whole network of this size

_log = structlog.get_logger()


class AccessControl:
    """Checks requests against the callers, origins and rate limit of the settings."""

    def __init__(
        self, settings: Settings, authenticator: "Authenticator", buckets: Buckets
    ) -> None:
        self._authenticator = authenticator
        self._origins = settings.cors_origins
        points = settings.rate_points_per_minute
        self._limit = RateLimit(points, buckets) if points else None

    def find_caller(self, authorization: Sequence[str]) -> Caller | None:
        """Return the caller with these Authorization headers, if there is no rate limit.

        Returns None if the caller is not known without waiting, or may not call at all.
        """
        caller = None if self._limit else self._authenticator.find_caller(authorization)
        return caller if caller is not None and caller.permissions.readable else None

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
        authenticator: "Authenticator",
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
        scope = self._request.scope
        if scope["method"] in _SAFE_METHODS:
            check_browser(self._request.headers, self._origins)
        tokens = [
            value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"
        ]
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
        if self._limit is None:
            return
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


class Authenticator:
    """Identifies callers by token or JWT; `anonymous` is the caller of requests without either."""

    def __init__(
        self, anonymous: Caller | None, tokens: TokenStore | None, jwts: "JwtVerifier | None"
    ) -> None:
        self._anonymous = anonymous
        self._rejections = RejectionLog()
        self._tokens = tokens
        self._jwts = jwts

    @classmethod
    def from_settings(cls, settings: Settings, transport: MakeTransport) -> "Authenticator":
        """Make the authenticator; raise Misconfigured if the tokens cannot be read.

        `transport` makes the connection to the issuer of JWTs.
        """
        tokens = jwts = None
        if settings.tokens or settings.tokens_file:
            tokens = TokenStore(settings.tokens, settings.tokens_file)
        if settings.jwt_issuer:
            keys = KeySource(settings.jwt_jwks_url, transport)
            # Only a gateway with JWTs imports their library: with cryptography it takes 50 ms.
            verifier = import_module("groupgate.app.auth.jwt").JwtVerifier
            jwts = verifier(settings.jwt_issuer, settings.jwt_audience, keys)
        return cls(_anonymous(settings), tokens, jwts)

    def named_accounts(self) -> frozenset[NamedAccount]:
        """Return the accounts that the scopes of tokens name; those of JWTs are not known."""
        return self._tokens.named_accounts() if self._tokens else frozenset()

    @property
    def only_caller(self) -> Caller | None:
        """The caller of every request, if neither tokens nor JWTs are configured; else None."""
        return self._anonymous if self._tokens is None and self._jwts is None else None

    def reload(self) -> None:
        """Read the file of tokens again."""
        if self._tokens is not None:
            self._tokens.reload()

    def find_caller(self, authorization: Sequence[str]) -> Caller | None:
        """Return the caller of a request with these Authorization headers, unless it has a JWT.

        Returns None also if the token is missing or invalid.
        """
        if self.only_caller is not None or not authorization:
            return self._anonymous
        try:
            token = _bearer_token(authorization)
        except RequestError:
            return None
        return self._tokens.caller(token) if self._tokens else None

    async def caller(self, authorization: Sequence[str], deadline: Deadline) -> Caller:
        """Return the caller of a request with these Authorization headers.

        Raises RequestError if the token is missing or invalid, or cannot be verified by the
        deadline. An invalid token is rejected even where anonymous callers are allowed, because
        otherwise its holder would not see why data is missing. The header is ignored where
        neither tokens nor JWTs are configured.
        """
        if self.only_caller is not None:
            return self.only_caller
        if authorization:
            return await self._identify(_bearer_token(authorization), deadline)
        if self._anonymous is None:
            message = "The request has no token; send Authorization: Bearer <token>."
            raise _unauthenticated(message, CHALLENGE)
        return self._anonymous

    async def _identify(self, token: str, deadline: Deadline) -> Caller:
        caller = self._tokens.caller(token) if self._tokens else None
        if caller is not None:
            return caller
        if self._jwts is None:
            raise self._invalid_token("The token is not valid for this gateway.")
        try:
            return await self._jwts.caller(token, deadline)
        except BadJwtError as error:
            raise self._invalid_token(str(error)) from None
        except KeysUnavailableError as error:
            message = (
                "The token cannot be verified, because its issuer does not respond; retry in "
                f"{error.retry_after} s."
            )
            headers = {"Retry-After": str(error.retry_after)}
            raise RequestError.with_message(AUTH_UNAVAILABLE, message, headers) from None

    def _invalid_token(self, message: str) -> RequestError:
        self._rejections.note(message)
        return _unauthenticated(message, f'{CHALLENGE}, error="invalid_token"')


def _anonymous(settings: Settings) -> Caller | None:
    scope = settings.anonymous_permission
    return None if scope == "none" else Caller.anonymous(permissions_of([scope]))


def _bearer_token(authorization: Sequence[str]) -> str:
    scheme, _, token = authorization[0].partition(" ")
    token = token.strip()
    is_one_token = len(authorization) == 1 and 0 < len(token) <= MAX_TOKEN_LENGTH
    if not is_one_token or scheme.lower() != "bearer":
        message = "The Authorization header must be present once, as Bearer <token>."
        raise _unauthenticated(message, CHALLENGE)
    return token


def _unauthenticated(message: str, challenge: str) -> RequestError:
    return RequestError.with_message(UNAUTHENTICATED, message, {"WWW-Authenticate": challenge})


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
