"""JWTs: which are taken, what they open, and which are not."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groupgate.app.auth.jwks import PAUSE, KeySource
from groupgate.app.auth.jwt import BadJwtError, JwtVerifier
from groupgate.app.auth.permissions import opened_by
from tests.app.auth.issuer import (
    AUDIENCE,
    ED25519,
    NAME,
    P256,
    P384,
    P521,
    RSA,
    URL,
    Clock,
    Issuer,
    PrivateKey,
    jwk,
    signed,
)

pytestmark = pytest.mark.anyio

NOT_VALID = "The token is not valid here."


def base64url(raw: bytes) -> str:
    """Bytes as JWTs write them."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def verifier(issuer: Issuer | None = None, clock: Clock | None = None) -> JwtVerifier:
    """A verifier of what this issuer signs."""
    keys = KeySource(URL, (issuer or Issuer()).transport, clock or Clock())
    return JwtVerifier(NAME, AUDIENCE, keys)


async def refused(token: str, issuer: Issuer | None = None) -> str:
    """Why this token is not taken."""
    with pytest.raises(BadJwtError) as raised:
        await verifier(issuer).caller(token)
    return str(raised.value)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        *[(RSA, name) for name in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")],
        (P256, "ES256"),
        (P384, "ES384"),
        (P521, "ES512"),
        (ED25519, "EdDSA"),
    ],
)
async def test_key_pairs_of_every_kind_are_known(key: PrivateKey, algorithm: str) -> None:
    issuer = Issuer(keys=[jwk(RSA, "other"), jwk(key, "k", alg=algorithm, use="sig")])
    caller = await verifier(issuer).caller(signed(key, algorithm, "k", scope="read"))
    assert caller.name == "jwt:anna"
    assert caller.permissions == opened_by(["read"])


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({}, []),
        ({"scope": "openid read write:DODO"}, ["read", "write:DODO"]),
        ({"scope": ["read", "write:DODO"]}, ["read", "write:DODO"]),
        ({"scp": ["read", 5, None, "write:DODO"]}, ["read", "write:DODO"]),
        ({"scp": "read:AXIM"}, ["read:AXIM"]),
        ({"scope": "read:AXIM", "scp": ["write:DODO"]}, ["read:AXIM", "write:DODO"]),
        ({"scope": 5, "scp": {"read": True}}, []),
    ],
)
async def test_scopes_are_read_as_issuers_write_them(
    claims: dict[str, Any], scopes: list[str]
) -> None:
    caller = await verifier().caller(signed(**claims))
    assert caller.permissions == opened_by(scopes)


async def test_one_of_several_audiences_is_enough() -> None:
    caller = await verifier().caller(signed(aud=["others", AUDIENCE]))
    assert caller.name == "jwt:anna"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": None},
        {"iss": "https://other.example/"},
        {"iss": NAME.rstrip("/")},
        {"aud": None},
        {"aud": "others"},
        {"aud": []},
        {"aud": {AUDIENCE: True}},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"exp": None},
        {"exp": "never"},
        {"exp": float("inf")},
        {"nbf": int(time.time()) + 3600},
        {"iat": int(time.time()) + 3600},
    ],
)
async def test_a_token_for_others_or_for_another_time_is_refused(claims: dict[str, Any]) -> None:
    """In words that do not tell which of the claims it was."""
    assert await refused(signed(**claims)) == NOT_VALID


async def test_clocks_may_differ_by_half_a_minute() -> None:
    caller = await verifier().caller(signed(exp=int(time.time()) - 5, nbf=int(time.time()) + 5))
    assert caller.name == "jwt:anna"


async def test_a_token_that_has_expired_is_told_so() -> None:
    assert await refused(signed(exp=int(time.time()) - 3600)) == "The token has expired."


async def test_the_signature_of_another_key_is_refused() -> None:
    assert await refused(signed(P256), Issuer(keys=[jwk(P384, "p256")])) == NOT_VALID
    other = Issuer(keys=[jwk(RSA, "p256")])
    assert await refused(signed(P256), other) == NOT_VALID


async def test_a_changed_claim_breaks_the_signature() -> None:
    header, _, signature = signed(scope="read").split(".")
    _, claims, _ = signed(scope="write").split(".")
    assert await refused(f"{header}.{claims}.{signature}") == NOT_VALID


def sealed(secret: bytes, kid: str) -> str:
    """A token under a secret, made by hand: libraries refuse to take a public key for one."""
    header = json.dumps({"alg": "HS256", "kid": kid}).encode()
    _, claims, _ = signed().split(".")
    signing = f"{base64url(header)}.{claims}"
    return f"{signing}.{base64url(hmac.digest(secret, signing.encode(), 'sha256'))}"


async def test_a_shared_secret_is_no_key_and_no_signature_is_none() -> None:
    """Neither by the public key taken for a secret, nor by a secret among the public keys."""
    public = json.dumps(jwk(P256, "p256")).encode()
    secret = {"kty": "oct", "k": base64url(b"s" * 32), "kid": "oct"}
    issuer = Issuer(keys=[jwk(P256, "p256"), secret])
    assert await refused(sealed(public, "p256"), issuer) == NOT_VALID
    assert await refused(sealed(b"s" * 32, "oct"), issuer) == NOT_VALID
    assert await refused(jwt.encode({"sub": "anna"}, "", "none"), issuer) == NOT_VALID
    assert issuer.asked == 0


@pytest.mark.parametrize("more", [{"use": "enc"}, {"alg": "ES384"}, {"crv": "P-999"}, {"x": 5}])
async def test_a_key_for_something_else_is_not_used(more: dict[str, Any]) -> None:
    assert await refused(signed(), Issuer(keys=[jwk(P256, "p256", **more)])) == NOT_VALID


async def test_a_token_need_not_name_the_only_key() -> None:
    caller = await verifier(Issuer(keys=[jwk(P256, "p256")])).caller(signed(kid=None))
    assert caller.name == "jwt:anna"
    two = Issuer(keys=[jwk(P256, "p256"), jwk(P384, "p384")])
    assert await refused(signed(kid=None), two) == NOT_VALID


async def test_a_new_key_of_the_issuer_is_fetched_when_a_token_names_it() -> None:
    issuer, clock = Issuer(keys=[jwk(P384, "old")]), Clock()
    checks = verifier(issuer, clock)
    await checks.caller(signed(P384, "ES384", "old"))
    issuer.keys.append(jwk(P256, "p256"))
    clock.now += PAUSE
    assert (await checks.caller(signed())).name == "jwt:anna"
    assert issuer.asked == 2


def packed(header: bytes) -> str:
    """A token with this header, that nobody has signed."""
    return ".".join(map(base64url, (header, b"{}", b"x" * 64)))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "a.b",
        "..",
        "a.b.c",
        "a.b.c.d.e",
        "é.é.é",
        packed(b""),
        packed(b"\xff"),
        packed(b"null"),
        packed(b"[]"),
        packed(b'"alg"'),
        packed(b"[" * 5_000),
        packed(b'{"a":' * 1_000),
        packed(b"{}"),
        packed(b'{"alg":null}'),
        packed(b'{"alg":["ES256"],"kid":"p256"}'),
        packed(b'{"alg":"ES256","kid":["p256"]}'),
        packed(b'{"alg":"ES256","kid":"p256"}'),
        packed(b'{"alg":"ES256","kid":"p256","crit":["exp"]}'),
        packed(b'{"alg":"ES256","kid":"p256","crit":5}'),
        packed(b'{"alg":"ES256","kid":"p256","b64":false}'),
        packed(b'{"alg":"ES256","kid":"p256","x":' + b"9" * 5_000 + b"}"),
    ],
    ids=lambda token: token[:40],
)
async def test_odd_tokens_are_refused_like_all_others(token: str) -> None:
    assert await refused(token) == NOT_VALID


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
async def test_no_text_breaks_it(token: str) -> None:
    assert await refused(token) == NOT_VALID
