"""From the headers of a request to its caller."""

from collections.abc import Sequence
from typing import Final

import httpx
import structlog

from groupgate.app.auth.caller import Caller
from groupgate.app.auth.jwks import KeySource, KeysUnavailableError
from groupgate.app.auth.jwt import BadJwtError, JwtVerifier
from groupgate.app.auth.permissions import SCOPES
from groupgate.app.auth.token_store import TokenStore
from groupgate.app.protocol.request_error import AUTH_UNAVAILABLE, UNAUTHENTICATED, RequestError
from groupgate.app.settings import Settings
from groupgate.app.wiring import MakeTransport

LONGEST_TOKEN: Final = 8_192

CHALLENGE: Final = 'Bearer realm="groupgate"'
"""What a refusal says in `WWW-Authenticate` (RFC 6750)."""

_log = structlog.get_logger()


class Authenticator:
    """Tells callers by the tokens they show; `anonymous` are those who show none."""

    def __init__(
        self, anonymous: Caller | None, tokens: TokenStore | None, jwts: JwtVerifier | None
    ) -> None:
        self._anonymous = anonymous
        self._tokens = tokens
        self._jwts = jwts

    @classmethod
    def of(
        cls, settings: Settings, transport: MakeTransport = httpx.AsyncHTTPTransport
    ) -> "Authenticator":
        """Make what the settings ask for; raise Misconfigured if the tokens cannot be read."""
        tokens = jwts = None
        if settings.tokens or settings.tokens_file:
            tokens = TokenStore(settings.tokens, settings.tokens_file)
        if settings.jwt_issuer:
            keys = KeySource(settings.jwt_jwks_url, transport)
            jwts = JwtVerifier(settings.jwt_issuer, settings.jwt_audience, keys)
        return cls(_anonymous(settings), tokens, jwts)

    async def caller(self, authorization: Sequence[str]) -> Caller:
        """Return the caller of a request with these Authorization headers; refuse if unknown.

        A token that is not good is refused even where none is needed: its holder would wonder
        at what is hidden. Only where no token can be good nobody looks at them.
        """
        if self._tokens is None and self._jwts is None and self._anonymous is not None:
            return self._anonymous
        if authorization:
            return await self._holder(_token(authorization))
        if self._anonymous is None:
            message = "Show a token: Authorization: Bearer <token>."
            raise _unauthenticated(message, CHALLENGE)
        return self._anonymous

    async def _holder(self, token: str) -> Caller:
        caller = self._tokens.caller(token) if self._tokens else None
        if caller is not None:
            return caller
        if self._jwts is None:
            raise _invalid("The token is not valid here.")
        try:
            return await self._jwts.caller(token)
        except BadJwtError as error:
            raise _invalid(str(error)) from None
        except KeysUnavailableError as error:
            message = "Tokens cannot be checked now: their issuer does not answer."
            headers = {"Retry-After": str(error.retry_after)}
            raise RequestError.saying(AUTH_UNAVAILABLE, message, headers) from None


def _anonymous(settings: Settings) -> Caller | None:
    granted = settings.anonymous or ("none" if settings.knows_callers else "write")
    return None if granted == "none" else Caller.anonymous(SCOPES[granted])


def _token(authorization: Sequence[str]) -> str:
    scheme, _, token = authorization[0].partition(" ")
    token = token.strip()
    if len(authorization) > 1 or scheme.lower() != "bearer" or not 0 < len(token) <= LONGEST_TOKEN:
        raise _unauthenticated("Authorization must be one header: Bearer <token>.", CHALLENGE)
    return token


def _invalid(message: str) -> RequestError:
    _log.info("token_refused", why=message)
    return _unauthenticated(message, f'{CHALLENGE}, error="invalid_token"')


def _unauthenticated(message: str, challenge: str) -> RequestError:
    return RequestError.saying(UNAUTHENTICATED, message, {"WWW-Authenticate": challenge})
