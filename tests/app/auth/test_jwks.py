"""The issuer's keys: when they are fetched, and what happens when they cannot be."""

import asyncio

import httpx
import pytest
import structlog

from groupgate.app.auth.jwks import FRESH_FOR, PAUSE, KeySource, KeysUnavailableError
from tests.app.auth.issuer import P256, URL, Clock, Issuer, jwk

pytestmark = pytest.mark.anyio


def source(issuer: Issuer, clock: Clock) -> KeySource:
    """The keys of this issuer."""
    return KeySource(URL, issuer.transport, clock)


async def test_keys_are_fetched_when_first_needed_and_then_kept() -> None:
    issuer, clock = Issuer(), Clock()
    keys = source(issuer, clock)
    assert issuer.asked == 0
    for _ in range(3):
        assert await keys.keys() == issuer.keys
    clock.now += FRESH_FOR - 1
    await keys.keys()
    assert issuer.asked == 1
    clock.now += 1
    await keys.keys()
    assert issuer.asked == 2


async def test_many_at_once_wait_for_one_fetch() -> None:
    issuer = Issuer()
    keys = source(issuer, Clock())
    assert await asyncio.gather(*(keys.keys() for _ in range(10))) == [issuer.keys] * 10
    assert issuer.asked == 1


async def test_the_newest_are_fetched_with_a_pause_between() -> None:
    """Whatever unknown keys the tokens of strangers name."""
    issuer, clock = Issuer(), Clock()
    keys = source(issuer, clock)
    await keys.keys()
    for _ in range(3):
        await keys.newest()
    assert issuer.asked == 1
    clock.now += PAUSE
    issuer.keys = [jwk(P256, "new")]
    assert await keys.newest() == issuer.keys
    assert issuer.asked == 2


@pytest.mark.parametrize(
    ("failure", "problem"),
    [
        (httpx.ConnectError("refused"), "refused"),
        (httpx.ReadTimeout(""), "ReadTimeout('')"),
        (httpx.Response(200, text="<html>"), "JSON is malformed: invalid character (byte 0)"),
        (httpx.Response(200, json={}), "Object missing required field `keys`"),
        (
            httpx.Response(200, json={"keys": 5}),
            "Expected `array`, got `int` - at `$.keys`",
        ),
    ],
)
async def test_keys_that_were_fetched_stay_good_while_the_issuer_fails(
    failure: httpx.Response | Exception, problem: str
) -> None:
    issuer, clock = Issuer(), Clock()
    keys = source(issuer, clock)
    good = await keys.keys()
    issuer.failure = failure
    clock.now += FRESH_FOR
    with structlog.testing.capture_logs() as logs:
        assert [await keys.keys(), await keys.newest()] == [good, good]
    assert issuer.asked == 2
    assert logs == [
        {"event": "jwks_not_fetched", "log_level": "error", "url": URL, "problem": problem}
    ]


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_only_a_success_is_an_answer(status: int) -> None:
    issuer = Issuer(failure=httpx.Response(status, json={"keys": []}, headers={"Location": URL}))
    with pytest.raises(KeysUnavailableError):
        await source(issuer, Clock()).keys()
    assert issuer.asked == 1


async def test_without_keys_it_is_told_when_to_come_back() -> None:
    issuer, clock = Issuer(failure=httpx.ConnectError("refused")), Clock()
    keys = source(issuer, clock)
    for passed, retry_after, asked in [(0.0, 10, 1), (2.5, 8, 1), (7.4, 1, 1), (0.1, 10, 2)]:
        clock.now += passed
        with pytest.raises(KeysUnavailableError) as raised:
            await keys.keys()
        assert (raised.value.retry_after, issuer.asked) == (retry_after, asked)
    issuer.failure = None
    clock.now += PAUSE
    assert await keys.keys() == issuer.keys
