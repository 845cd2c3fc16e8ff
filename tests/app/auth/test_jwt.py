"""JWTs: which are accepted."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from groupgate.app.auth.caller import permissions_of
from groupgate.app.auth.jwks import (
    FETCH_INTERVAL,
    BadJwtError,
    KeySource,
    KeysUnavailableError,
)
from groupgate.app.auth.jwt import JwtVerifier
from groupgate.request import Deadline
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

NOT_VALID = "The token is not valid for this gateway."


def base64url(raw: bytes) -> str:
    """Encode bytes as in a JWT."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def verifier(issuer: Issuer | None = None, clock: Clock | None = None) -> JwtVerifier:
    """Make a verifier of this issuer's tokens."""
    keys = KeySource(URL, (issuer or Issuer()).transport, clock or Clock())
    return JwtVerifier(NAME, AUDIENCE, keys)


async def rejection_of(token: str, issuer: Issuer | None = None) -> str:
    """Return the message of the rejection of this token."""
    with pytest.raises(BadJwtError) as raised:
        await verifier(issuer).caller(token, Deadline())
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
async def test_every_algorithm_with_a_key_pair_is_accepted(key: PrivateKey, algorithm: str) -> None:
    issuer = Issuer(keys=[jwk(RSA, "other"), jwk(key, "k", alg=algorithm, use="sig")])
    caller = await verifier(issuer).caller(signed(key, algorithm, "k", scope="read"), Deadline())
    assert caller.name == "jwt:anna"
    assert caller.permissions == permissions_of(["read"])


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
async def test_scopes_are_read_in_the_formats_of_issuers(
    claims: dict[str, Any], scopes: list[str]
) -> None:
    caller = await verifier().caller(signed(**claims), Deadline())
    assert caller.permissions == permissions_of(scopes)


async def test_one_of_several_audiences_is_enough() -> None:
    caller = await verifier().caller(signed(aud=["others", AUDIENCE]), Deadline())
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
async def test_a_token_with_other_claims_is_rejected(claims: dict[str, Any]) -> None:
    """The message does not reveal which claim is wrong."""
    assert await rejection_of(signed(**claims)) == NOT_VALID


async def test_clocks_may_differ_by_half_a_minute() -> None:
    token = signed(exp=int(time.time()) - 5, nbf=int(time.time()) + 5)
    caller = await verifier().caller(token, Deadline())
    assert caller.name == "jwt:anna"


async def test_an_expired_token_is_reported_as_expired() -> None:
    assert await rejection_of(signed(exp=int(time.time()) - 3600)) == "The token has expired."


async def test_a_signature_of_another_key_is_rejected() -> None:
    assert await rejection_of(signed(P256), Issuer(keys=[jwk(P384, "p256")])) == NOT_VALID
    other = Issuer(keys=[jwk(RSA, "p256")])
    assert await rejection_of(signed(P256), other) == NOT_VALID


async def test_a_changed_claim_invalidates_the_signature() -> None:
    header, _, signature = signed(scope="read").split(".")
    _, claims, _ = signed(scope="write").split(".")
    assert await rejection_of(f"{header}.{claims}.{signature}") == NOT_VALID


def signed_with_secret(secret: bytes, kid: str) -> str:
    """Sign a token with a shared secret, by hand: libraries refuse a public key as a secret."""
    header = json.dumps({"alg": "HS256", "kid": kid}).encode()
    _, claims, _ = signed().split(".")
    signing = f"{base64url(header)}.{claims}"
    return f"{signing}.{base64url(hmac.digest(secret, signing.encode(), 'sha256'))}"


async def test_shared_secrets_and_unsigned_tokens_are_rejected() -> None:
    """Neither a public key used as a secret is accepted, nor a secret among the public keys."""
    public = json.dumps(jwk(P256, "p256")).encode()
    secret = {"kty": "oct", "k": base64url(b"s" * 32), "kid": "oct"}
    issuer = Issuer(keys=[jwk(P256, "p256"), secret])
    assert await rejection_of(signed_with_secret(public, "p256"), issuer) == NOT_VALID
    assert await rejection_of(signed_with_secret(b"s" * 32, "oct"), issuer) == NOT_VALID
    assert await rejection_of(jwt.encode({"sub": "anna"}, "", "none"), issuer) == NOT_VALID
    assert issuer.requests == 0


@pytest.mark.parametrize("more", [{"use": "enc"}, {"alg": "ES384"}, {"crv": "P-999"}, {"x": 5}])
async def test_a_key_for_something_else_is_not_used(more: dict[str, Any]) -> None:
    assert await rejection_of(signed(), Issuer(keys=[jwk(P256, "p256", **more)])) == NOT_VALID


async def test_rsa_keys_below_2048_bits_are_rejected() -> None:
    """RFC 7518, 3.3."""
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - the point
    header, claims, _ = signed(RSA, "RS256", "k").split(".")
    signing = f"{header}.{claims}"
    signature = short.sign(signing.encode(), padding.PKCS1v15(), hashes.SHA256())
    issuer = Issuer(keys=[jwk(short, "k")])
    assert await rejection_of(f"{signing}.{base64url(signature)}", issuer) == NOT_VALID


async def test_a_token_need_not_name_the_only_key() -> None:
    caller = await verifier(Issuer(keys=[jwk(P256, "p256")])).caller(signed(kid=None), Deadline())
    assert caller.name == "jwt:anna"
    two = Issuer(keys=[jwk(P256, "p256"), jwk(P384, "p384")])
    assert await rejection_of(signed(kid=None), two) == NOT_VALID


async def test_a_new_key_of_the_issuer_is_fetched_when_a_token_names_it() -> None:
    issuer, clock = Issuer(keys=[jwk(P384, "old")]), Clock()
    checks = verifier(issuer, clock)
    await checks.caller(signed(P384, "ES384", "old"), Deadline())
    issuer.keys.append(jwk(P256, "p256"))
    clock.now += FETCH_INTERVAL
    assert (await checks.caller(signed(), Deadline())).name == "jwt:anna"
    assert issuer.requests == 2


async def test_an_unknown_key_is_not_judged_while_the_issuer_fails() -> None:
    """A token with an unknown key cannot be judged before the keys are fetched again."""
    issuer, clock = Issuer(keys=[jwk(P384, "old")]), Clock()
    checks = verifier(issuer, clock)
    await checks.caller(signed(P384, "ES384", "old"), Deadline())
    issuer.failure = httpx.ConnectError("refused")
    clock.now += FETCH_INTERVAL
    with pytest.raises(KeysUnavailableError):
        await checks.caller(signed(), Deadline())
    assert (await checks.caller(signed(P384, "ES384", "old"), Deadline())).name == "jwt:anna"


def unsigned(header: bytes) -> str:
    """Return an unsigned token with this header."""
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
        unsigned(b""),
        unsigned(b"\xff"),
        unsigned(b"null"),
        unsigned(b"[]"),
        unsigned(b'"alg"'),
        unsigned(b"[" * 5_000),
        unsigned(b'{"a":' * 1_000),
        unsigned(b"{}"),
        unsigned(b'{"alg":null}'),
        unsigned(b'{"alg":["ES256"],"kid":"p256"}'),
        unsigned(b'{"alg":"ES256","kid":["p256"]}'),
        unsigned(b'{"alg":"ES256","kid":"p256"}'),
        unsigned(b'{"alg":"ES256","kid":"p256","crit":["exp"]}'),
        unsigned(b'{"alg":"ES256","kid":"p256","crit":5}'),
        unsigned(b'{"alg":"ES256","kid":"p256","b64":false}'),
        unsigned(b'{"alg":"ES256","kid":"p256","x":' + b"9" * 5_000 + b"}"),
    ],
    ids=lambda token: token[:40],
)
async def test_malformed_tokens_are_rejected(token: str) -> None:
    assert await rejection_of(token) == NOT_VALID


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
async def test_any_text_is_rejected(token: str) -> None:
    assert await rejection_of(token) == NOT_VALID
