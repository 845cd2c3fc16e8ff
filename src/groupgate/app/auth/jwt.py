"""JWTs: whether the issuer signed one for this gateway, and what its scopes open."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import jwt

from groupgate.app.auth.caller import Caller
from groupgate.app.auth.jwks import Jwk, KeySource
from groupgate.app.auth.permissions import opened_by

ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512"),
    *("PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512"),
    "EdDSA",
)
"""Those with a key pair. With the others, whoever can check a token could also make one."""

LEEWAY: Final = 30
"""Seconds by which the issuer's clock may differ from ours."""

_REQUIRED: Final = ("exp", "iss", "aud", "sub")


class BadJwtError(Exception):
    """Why a token is not taken, in words for the caller."""


class JwtVerifier:
    """Checks the JWTs of one issuer for one audience."""

    def __init__(self, issuer: str, audience: str, keys: KeySource) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys

    async def caller(self, token: str) -> Caller:
        """Return whom the token speaks for.

        Raises BadJwtError, or KeysUnavailableError if the issuer's keys cannot be had.
        """
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(header)
            claims = self._claims(token, header["alg"], key)
        except jwt.ExpiredSignatureError:
            raise BadJwtError("The token has expired.") from None
        except jwt.PyJWTError:
            raise BadJwtError("The token is not valid here.") from None
        return Caller.of_subject(claims["sub"], opened_by(_scopes(claims)))

    def _claims(self, token: str, algorithm: str, key: Jwk) -> dict[str, Any]:
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
        key = _fitting(await self._keys.keys(), header)
        key = key or _fitting(await self._keys.newest(), header)
        if key is None:
            raise jwt.InvalidKeyError
        return key


def _fitting(keys: Sequence[Jwk], header: Mapping[str, Any]) -> Jwk | None:
    """The key that a header names; it need not name one where there is only one."""
    kid = header.get("kid")
    for key in keys:
        is_named = key.get("kid") == kid or (kid is None and len(keys) == 1)
        is_for_this = key.get("alg", header["alg"]) == header["alg"]
        if is_named and is_for_this and key.get("use", "sig") == "sig":
            return key
    return None


def _scopes(claims: Mapping[str, Any]) -> Iterable[str]:
    """`scope` of RFC 8693, words in one string, and `scp` of others, which may be a list."""
    for name in ("scope", "scp"):
        given = claims.get(name, "")
        words = given.split() if isinstance(given, str) else given
        if isinstance(words, list):
            yield from (word for word in words if isinstance(word, str))
