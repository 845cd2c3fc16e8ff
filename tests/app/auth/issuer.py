"""An issuer of JWTs: its keys, its tokens, and its responses over HTTP."""

import time
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

URL = "https://issuer.example/keys"
NAME = "https://issuer.example/"
AUDIENCE = "groupgate"

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
P521 = ec.generate_private_key(ec.SECP521R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def jwk(key: PrivateKey, kid: str | None = None, **more: Any) -> dict[str, Any]:
    """Return the public half of a key as issuers publish it."""
    named = {"kid": kid} if kid else {}
    if isinstance(key, rsa.RSAPrivateKey):
        return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), **named, **more}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), **named, **more}
    return {**OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), **named, **more}


def signed(
    key: PrivateKey | str = P256,
    algorithm: str = "ES256",
    kid: str | None = "p256",
    **claims: Any,
) -> str:
    """Return a signed token; a claim that is None is omitted."""
    defaults = {"iss": NAME, "aud": AUDIENCE, "sub": "anna", "exp": int(time.time()) + 600}
    payload = {name: value for name, value in (defaults | claims).items() if value is not None}
    return jwt.encode(payload, key, algorithm, {"kid": kid} if kid else None)


@dataclass(kw_only=True)
class Issuer:
    """Responds with its keys or its `failure`, and counts the requests."""

    keys: list[dict[str, Any]] = field(default_factory=lambda: [jwk(P256, "p256")])
    failure: httpx.Response | Exception | None = None
    requests: int = 0

    def transport(self) -> httpx.MockTransport:
        """Return a transport that reaches the issuer."""
        return httpx.MockTransport(self._respond)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == URL
        self.requests += 1
        if isinstance(self.failure, Exception):
            raise self.failure
        return self.failure or httpx.Response(200, json={"keys": self.keys})


class Clock:
    """A clock that tests set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now
