"""From Authorization headers to callers or rejections."""

from hashlib import sha256
from typing import Any

import httpx
import pytest
import structlog

from groupgate.app.access_control import MAX_TOKEN_LENGTH, Authenticator
from groupgate.app.auth.caller import Caller, permissions_of
from groupgate.app.auth.tokens import RejectionLog
from groupgate.app.protocol.request_error import RequestError
from groupgate.app.settings import Settings
from groupgate.request import Deadline
from tests.app.auth.issuer import AUDIENCE, NAME, URL, Issuer, signed

pytestmark = pytest.mark.anyio

TOKENS = f"ci sha256:{sha256(b's3cret').hexdigest()} read:DODO"
JWTS: dict[str, Any] = {"jwt_issuer": NAME, "jwt_audience": AUDIENCE, "jwt_jwks_url": URL}
NOT_VALID = "The token is not valid for this gateway."
INVALID = 'Bearer realm="groupgate", error="invalid_token"'


def authenticator(issuer: Issuer | None = None, **given: Any) -> Authenticator:
    """Make an authenticator with these settings."""
    return Authenticator.from_settings(
        Settings.model_construct(**given), (issuer or Issuer()).transport
    )


async def rejection_of(
    auth: Authenticator, *authorization: str
) -> tuple[int, str, str, str | None]:
    """Return the status, the code, the message and the challenge of a rejection."""
    with pytest.raises(RequestError) as raised:
        await auth.caller(authorization, Deadline())
    request_error = raised.value
    (error,) = request_error.errors
    challenge = request_error.headers.get("WWW-Authenticate")
    return request_error.reason.status, request_error.reason.code, error["message"], challenge


async def test_without_tokens_and_jwts_everybody_may_write() -> None:
    """The command line allows this for the sandbox and on loopback only."""
    everybody = Caller.anonymous(permissions_of(["write"]))
    assert await authenticator().caller([], Deadline()) == everybody
    assert await authenticator().caller(["Bearer anything", "Basic eDp5"], Deadline()) == everybody


async def test_with_tokens_or_jwts_anonymous_callers_are_rejected() -> None:
    expected = (
        401,
        "UNAUTHENTICATED",
        "The request has no token; send Authorization: Bearer <token>.",
        'Bearer realm="groupgate"',
    )
    assert await rejection_of(authenticator(tokens=TOKENS)) == expected
    assert await rejection_of(authenticator(**JWTS)) == expected


@pytest.mark.parametrize("scope", ["read", "write"])
async def test_anonymous_callers_can_be_allowed(scope: str) -> None:
    anonymous_caller = Caller.anonymous(permissions_of([scope]))
    assert await authenticator(anonymous=scope).caller([], Deadline()) == anonymous_caller
    assert (
        await authenticator(anonymous=scope, tokens=TOKENS).caller([], Deadline())
        == anonymous_caller
    )


@pytest.mark.parametrize("header", ["Bearer s3cret", "bearer s3cret", "BEARER  s3cret "])
async def test_a_token_names_its_caller(header: str) -> None:
    caller = await authenticator(tokens=TOKENS).caller([header], Deadline())
    assert caller == Caller.from_token("ci", permissions_of(["read:DODO"]))
    assert caller.name == "token:ci"


async def test_tokens_and_jwts_can_be_used_together() -> None:
    issuer = Issuer()
    auth = authenticator(issuer, tokens=TOKENS, **JWTS)
    tokens = (f"Bearer {one}" for one in ("s3cret", signed()))
    names = [(await auth.caller([one], Deadline())).name for one in tokens]
    assert names == ["token:ci", "jwt:anna"]
    assert issuer.requests == 1


@pytest.mark.parametrize("anonymous", [None, "read"])
@pytest.mark.parametrize("token", ["wrong", "s3cret2", "s3 cret", "é"])
async def test_an_invalid_token_is_rejected_even_if_none_is_required(
    token: str, anonymous: str | None
) -> None:
    """The token is not logged."""
    auth = authenticator(tokens=TOKENS, anonymous=anonymous)
    with structlog.testing.capture_logs() as logs:
        rejection = await rejection_of(auth, f"Bearer {token}")
    assert rejection == (401, "UNAUTHENTICATED", NOT_VALID, INVALID)
    assert logs == [{"event": "token_rejected", "log_level": "info", "reason": NOT_VALID}]


async def test_an_expired_jwt_is_reported_as_expired() -> None:
    rejection = await rejection_of(authenticator(**JWTS), f"Bearer {signed(exp=1)}")
    assert rejection == (401, "UNAUTHENTICATED", "The token has expired.", INVALID)


@pytest.mark.parametrize(
    "authorization",
    [
        [""],
        ["Bearer"],
        ["Bearer "],
        ["Basic czNjcmV0"],
        ["s3cret"],
        ["Bearer s3cret", "Bearer s3cret"],
        ["Bearer " + "x" * (MAX_TOKEN_LENGTH + 1)],
    ],
    ids=lambda headers: " and ".join(headers)[:40],
)
async def test_other_authorization_headers_are_rejected(authorization: list[str]) -> None:
    assert await rejection_of(authenticator(tokens=TOKENS), *authorization) == (
        401,
        "UNAUTHENTICATED",
        "The Authorization header must be present once, as Bearer <token>.",
        'Bearer realm="groupgate"',
    )


async def test_while_the_issuer_does_not_respond_tokens_are_neither_accepted_nor_rejected() -> None:
    auth = authenticator(Issuer(failure=httpx.ConnectError("refused")), **JWTS)
    with pytest.raises(RequestError) as raised:
        await auth.caller([f"Bearer {signed()}"], Deadline())
    reason, headers = raised.value.reason, raised.value.headers
    assert (reason.status, reason.code) == (503, "AUTH_UNAVAILABLE")
    assert headers == {"Retry-After": "10"}


def test_rejections_are_logged_once_a_minute_for_each_reason() -> None:
    moments = iter((0.0, 1.0, 2.0, 2.0, 59.9, 60.0, 121.0))
    rejections = RejectionLog(lambda: next(moments))
    with structlog.testing.capture_logs() as logs:
        for reason in ("a", "a", "a", "b", "a", "a", "a"):
            rejections.note(reason)
    assert [(one["reason"], one.get("left_out")) for one in logs] == [
        ("a", None),
        ("b", None),
        ("a", 3),
        ("a", None),
    ]
