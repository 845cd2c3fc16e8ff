"""From Authorization headers to callers, or to a refusal."""

from hashlib import sha256
from typing import Any

import httpx
import pytest
import structlog
from groupgate.app.protocol.request_error import RequestError

from groupgate.app.auth.authenticator import LONGEST_TOKEN, Authenticator
from groupgate.app.auth.caller import Caller
from groupgate.app.auth.permissions import SCOPES, opened_by
from groupgate.app.settings import Settings
from tests.app.auth.issuer import AUDIENCE, NAME, URL, Issuer, signed

pytestmark = pytest.mark.anyio

TOKENS = f"ci sha256:{sha256(b's3cret').hexdigest()} read:DODO"
JWTS: dict[str, Any] = {"jwt_issuer": NAME, "jwt_audience": AUDIENCE, "jwt_jwks_url": URL}
NOT_VALID = "The token is not valid here."
INVALID = 'Bearer realm="groupgate", error="invalid_token"'


def authenticator(issuer: Issuer | None = None, **given: Any) -> Authenticator:
    """Made of these settings alone."""
    return Authenticator.of(Settings.model_construct(**given), (issuer or Issuer()).transport)


async def refused(made: Authenticator, *authorization: str) -> tuple[int, str, str, str | None]:
    """The status, the code, the message and the challenge of a refusal."""
    with pytest.raises(RequestError) as raised:
        await made.caller(authorization)
    request_error = raised.value
    (error,) = request_error.errors
    challenge = request_error.headers.get("WWW-Authenticate")
    return request_error.reason.status, request_error.reason.code, error["message"], challenge


async def test_where_nobody_can_be_known_everybody_may_do_everything() -> None:
    """Which the command line allows on the sandbox and on loopback only."""
    everybody = Caller.anonymous(SCOPES["write"])
    assert await authenticator().caller([]) == everybody
    assert await authenticator().caller(["Bearer anything", "Basic eDp5"]) == everybody


async def test_where_callers_are_known_strangers_are_refused() -> None:
    expected = (
        401,
        "UNAUTHENTICATED",
        "Show a token: Authorization: Bearer <token>.",
        'Bearer realm="groupgate"',
    )
    assert await refused(authenticator(tokens=TOKENS)) == expected
    assert await refused(authenticator(**JWTS)) == expected


@pytest.mark.parametrize("granted", ["read", "write"])
async def test_strangers_may_be_let_in(granted: str) -> None:
    stranger = Caller.anonymous(SCOPES[granted])
    assert await authenticator(anonymous=granted).caller([]) == stranger
    assert await authenticator(anonymous=granted, tokens=TOKENS).caller([]) == stranger


@pytest.mark.parametrize("header", ["Bearer s3cret", "bearer s3cret", "BEARER  s3cret "])
async def test_a_token_names_its_caller(header: str) -> None:
    caller = await authenticator(tokens=TOKENS).caller([header])
    assert caller == Caller.of_token("ci", opened_by(["read:DODO"]))
    assert caller.name == "token:ci"


async def test_tokens_and_jwts_can_be_used_side_by_side() -> None:
    issuer = Issuer()
    made = authenticator(issuer, tokens=TOKENS, **JWTS)
    names = [(await made.caller([f"Bearer {one}"])).name for one in ("s3cret", signed())]
    assert names == ["token:ci", "jwt:anna"]
    assert issuer.asked == 1


@pytest.mark.parametrize("anonymous", [None, "read"])
@pytest.mark.parametrize("token", ["wrong", "s3cret2", "s3 cret", "é"])
async def test_a_wrong_token_is_refused_even_where_none_is_needed(
    token: str, anonymous: str | None
) -> None:
    """And is not written into the log."""
    made = authenticator(tokens=TOKENS, anonymous=anonymous)
    with structlog.testing.capture_logs() as logs:
        told = await refused(made, f"Bearer {token}")
    assert told == (401, "UNAUTHENTICATED", NOT_VALID, INVALID)
    assert logs == [{"event": "token_refused", "log_level": "info", "why": NOT_VALID}]


async def test_an_expired_jwt_is_told_so() -> None:
    told = await refused(authenticator(**JWTS), f"Bearer {signed(exp=1)}")
    assert told == (401, "UNAUTHENTICATED", "The token has expired.", INVALID)


@pytest.mark.parametrize(
    "authorization",
    [
        [""],
        ["Bearer"],
        ["Bearer "],
        ["Basic czNjcmV0"],
        ["s3cret"],
        ["Bearer s3cret", "Bearer s3cret"],
        ["Bearer " + "x" * (LONGEST_TOKEN + 1)],
    ],
    ids=lambda headers: " and ".join(headers)[:40],
)
async def test_any_other_header_is_refused(authorization: list[str]) -> None:
    assert await refused(authenticator(tokens=TOKENS), *authorization) == (
        401,
        "UNAUTHENTICATED",
        "Authorization must be one header: Bearer <token>.",
        'Bearer realm="groupgate"',
    )


async def test_while_the_issuer_does_not_answer_nothing_is_said_about_a_token() -> None:
    made = authenticator(Issuer(failure=httpx.ConnectError("refused")), **JWTS)
    with pytest.raises(RequestError) as raised:
        await made.caller([f"Bearer {signed()}"])
    reason, headers = raised.value.reason, raised.value.headers
    assert (reason.status, reason.code) == (503, "AUTH_UNAVAILABLE")
    assert headers == {"Retry-After": "10"}
