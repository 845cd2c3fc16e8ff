"""JWTs: verification against the issuer's public keys."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import jwt

from groupgate.app.auth.caller import Caller, permissions_of
from groupgate.app.auth.jwks import BadJwtError, Jwk, KeySource
from groupgate.request import Deadline

ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512"),
    *("PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512"),
    "EdDSA",
)
"""Algorithms with a key pair: with a shared secret, whoever can verify a token could also sign."""

LEEWAY: Final = 30
"""Seconds by which the issuer's clock may differ from ours."""

_REQUIRED: Final = ("exp", "iss", "aud", "sub")


class JwtVerifier:
    """Verifies the JWTs of one issuer for one audience."""

    def __init__(self, issuer: str, audience: str, keys: KeySource) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys

    async def caller(self, token: str, deadline: Deadline) -> Caller:
        """Return the caller that the token names.

        Raises BadJwtError if the token is rejected, and KeysUnavailableError if the issuer's keys
        are unknown at the deadline.
        """
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(header, deadline)
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
            # RSA keys below 2048 bits are rejected (RFC 7518, 3.3).
            options={"require": list(_REQUIRED), "enforce_minimum_key_length": True},
        )
        if not claims["sub"]:
            raise jwt.MissingRequiredClaimError("sub")
        return claims

    async def _key(self, header: Mapping[str, Any], deadline: Deadline) -> Jwk:
        if header.get("alg") not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError
        key = _matching_key(await self._keys.keys(deadline), header)
        key = key or _matching_key(await self._keys.newest(deadline), header)
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
