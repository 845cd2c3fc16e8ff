"""JWTs: verification against the issuer's public keys, which are fetched and cached."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil, inf
from typing import Any, Final

import httpx
import jwt
import msgspec
import structlog

from groupgate.app.auth.caller import Caller, permissions_of

ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512"),
    *("PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512"),
    "EdDSA",
)
"""Algorithms with a key pair: with a shared secret, whoever can verify a token could also sign."""

LEEWAY: Final = 30
"""Seconds by which the issuer's clock may differ from ours."""

KEYS_TTL: Final = 300.0
"""Seconds until cached keys are fetched again, unless a token names an unknown key before."""

FETCH_INTERVAL: Final = 10.0
"""The least seconds between two fetches, because anybody can send tokens with unknown keys."""

FETCH_TIMEOUT: Final = 5.0

_REQUIRED: Final = ("exp", "iss", "aud", "sub")

_log = structlog.get_logger()

Jwk = dict[str, Any]

MakeTransport = Callable[[], httpx.AsyncBaseTransport]


class KeysUnavailableError(Exception):
    """No keys have been fetched so far; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class BadJwtError(Exception):
    """The token is rejected; the message is for the caller."""


class _KeySet(msgspec.Struct):
    keys: list[Jwk]


class KeySource:
    """Fetches the issuer's keys, one fetch at a time. Cached keys stay valid if a fetch fails."""

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
        """Return the keys, fetched again if they are older than KEYS_TTL.

        Raises KeysUnavailableError if no fetch has succeeded yet.
        """
        return await self._keys_not_older_than(KEYS_TTL)

    async def newest(self) -> list[Jwk]:
        """Return the keys, fetched again if they are older than FETCH_INTERVAL."""
        return await self._keys_not_older_than(FETCH_INTERVAL)

    async def _keys_not_older_than(self, seconds: float) -> list[Jwk]:
        async with self._lock:
            now = self._clock()
            if now - self._fetched_at >= seconds and now - self._tried_at >= FETCH_INTERVAL:
                await self._refresh()
        if self._keys is None:
            retry_at = self._tried_at + FETCH_INTERVAL
            raise KeysUnavailableError(max(1, ceil(retry_at - self._clock())))
        return self._keys

    async def _refresh(self) -> None:
        try:
            self._keys = await self._fetch()
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            self._tried_at = self._clock()
            _log.error("jwks_fetch_failed", url=self._url, problem=str(error) or repr(error))
        else:
            self._fetched_at = self._tried_at = self._clock()

    async def _fetch(self) -> list[Jwk]:
        async with httpx.AsyncClient(transport=self._transport(), timeout=FETCH_TIMEOUT) as http:
            response = await http.get(self._url, headers={"Accept": "application/json"})
        response.raise_for_status()
        return msgspec.json.decode(response.content, type=_KeySet).keys


class JwtVerifier:
    """Verifies the JWTs of one issuer for one audience."""

    def __init__(self, issuer: str, audience: str, keys: KeySource) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys

    async def caller(self, token: str) -> Caller:
        """Return the caller that the token names.

        Raises BadJwtError if the token is rejected, and KeysUnavailableError if the issuer's keys
        are unknown.
        """
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(header)
            claims = self._verified_claims(token, header["alg"], key)
        except jwt.ExpiredSignatureError:
            raise BadJwtError("The token has expired.") from None
        except jwt.PyJWTError:
            raise BadJwtError("The token is not valid for this gateway.") from None
        return Caller.from_subject(claims["sub"], permissions_of(_scopes(claims)))

    def _verified_claims(self, token: str, algorithm: str, key: Jwk) -> dict[str, Any]:
        claims = jwt.decode(
            token,
            jwt.PyJWK(key, algorithm),
            algorithms=ALGORITHMS,
            audience=self._audience,
            issuer=self._issuer,
            leeway=LEEWAY,
            options={"require": list(_REQUIRED)},
        )
        if not claims["sub"]:
            raise jwt.MissingRequiredClaimError("sub")
        return claims

    async def _key(self, header: Mapping[str, Any]) -> Jwk:
        if header.get("alg") not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError
        key = _matching_key(await self._keys.keys(), header)
        key = key or _matching_key(await self._keys.newest(), header)
        if key is None:
            raise jwt.InvalidKeyError
        return key


def _matching_key(keys: Sequence[Jwk], header: Mapping[str, Any]) -> Jwk | None:
    """The key that a JWT header names; a header without `kid` means the only key."""
    kid = header.get("kid")
    for key in keys:
        is_named = key.get("kid") == kid or (kid is None and len(keys) == 1)
        has_algorithm = key.get("alg", header["alg"]) == header["alg"]
        if is_named and has_algorithm and key.get("use", "sig") == "sig":
            return key
    return None


def _scopes(claims: Mapping[str, Any]) -> Iterable[str]:
    """The words of `scope` (RFC 8693, one string) and of `scp` (other issuers, often a list)."""
    for name in ("scope", "scp"):
        given = claims.get(name, "")
        words = given.split() if isinstance(given, str) else given
        if isinstance(words, list):
            yield from (word for word in words if isinstance(word, str))
