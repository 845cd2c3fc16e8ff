"""Authentication: from the Authorization header of a request to its caller."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from math import inf
from typing import Final

import structlog

from groupgate.app.auth.caller import Caller, permissions_of
from groupgate.app.auth.jwks import KeySource, KeysUnavailableError, MakeTransport
from groupgate.app.auth.jwt import BadJwtError, JwtVerifier
from groupgate.app.auth.tokens import TokenStore
from groupgate.app.protocol.request_error import AUTH_UNAVAILABLE, UNAUTHENTICATED, RequestError
from groupgate.app.settings import Settings
from groupgate.domain.refs import NamedAccount
from groupgate.request import Deadline

MAX_TOKEN_LENGTH: Final = 8_192

LOG_INTERVAL: Final = 60.0
"""Seconds between two lines about tokens that are rejected for the same reason."""

CHALLENGE: Final = 'Bearer realm="groupgate"'
"""The `WWW-Authenticate` header of a rejection (RFC 6750)."""

_log = structlog.get_logger()


class Authenticator:
    """Identifies callers by token or JWT; `anonymous` is the caller of requests without either."""

    def __init__(
        self, anonymous: Caller | None, tokens: TokenStore | None, jwts: JwtVerifier | None
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
            jwts = JwtVerifier(settings.jwt_issuer, settings.jwt_audience, keys)
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


class RejectionLog:
    """Logs rejected tokens: for each reason one line a minute, with the number before it.

    Otherwise anybody could fill the log.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logged_at: dict[str, float] = {}
        self._left_out: Counter[str] = Counter()

    def note(self, reason: str) -> None:
        """Log a rejection, or count it for the next line; there are few reasons."""
        moment = self._clock()
        if moment - self._logged_at.get(reason, -inf) < LOG_INTERVAL:
            self._left_out[reason] += 1
            return
        self._logged_at[reason] = moment
        left_out = self._left_out.pop(reason, 0)
        _log.info("token_rejected", reason=reason, **({"left_out": left_out} if left_out else {}))


def _unauthenticated(message: str, challenge: str) -> RequestError:
    return RequestError.with_message(UNAUTHENTICATED, message, {"WWW-Authenticate": challenge})
