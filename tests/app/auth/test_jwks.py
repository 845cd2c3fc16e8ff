"""The issuer's keys: when they are fetched, and what a slow or broken issuer delays."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import structlog

from groupgate.app.auth.jwks import (
    FETCH_INTERVAL,
    FETCH_TIMEOUT,
    KEYS_TTL,
    MAX_BYTES,
    KeySource,
    KeysUnavailableError,
)
from groupgate.request import Deadline, now
from tests.app.auth.issuer import P256, URL, Clock, Issuer, jwk
from tests.upstream.virtual_time import BACKEND

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Time is virtual, so that seconds are exact and take none."""
    return BACKEND


def source(issuer: Issuer, clock: Clock) -> KeySource:
    """Make a source of this issuer's keys."""
    return KeySource(URL, issuer.transport, clock)


async def settle() -> None:
    """Let the fetch in the background end."""
    await asyncio.sleep(1)


async def test_keys_are_fetched_on_first_use_and_cached() -> None:
    """After KEYS_TTL they are fetched in the background, and the old ones returned until then."""
    issuer, clock = Issuer(), Clock()
    keys = source(issuer, clock)
    first = issuer.keys
    assert issuer.requests == 0
    for _ in range(3):
        assert await keys.keys(Deadline()) == first
    clock.now += KEYS_TTL - 1
    await keys.keys(Deadline())
    await settle()
    assert issuer.requests == 1
    clock.now += 1
    issuer.keys = [jwk(P256, "new")]
    assert await keys.keys(Deadline()) == first
    await settle()
    assert issuer.requests == 2
    assert await keys.keys(Deadline()) == issuer.keys


async def test_concurrent_readers_share_one_fetch() -> None:
    issuer = Issuer()
    keys = source(issuer, Clock())
    read = await asyncio.gather(*(keys.keys(Deadline()) for _ in range(10)))
    assert read == [issuer.keys] * 10
    assert issuer.requests == 1


async def test_fetches_for_unknown_keys_have_an_interval() -> None:
    """Tokens of strangers with unknown keys cannot cause more fetches."""
    issuer, clock = Issuer(), Clock()
    keys = source(issuer, clock)
    await keys.keys(Deadline())
    for _ in range(3):
        await keys.newest(Deadline())
    assert issuer.requests == 1
    clock.now += FETCH_INTERVAL
    issuer.keys = [jwk(P256, "new")]
    assert await keys.newest(Deadline()) == issuer.keys
    assert issuer.requests == 2


def too_large() -> httpx.Response:
    """Return a set of keys that never ends."""

    async def endless() -> AsyncIterator[bytes]:
        yield b'{"keys":[]'
        while True:
            yield b" " * 65_536

    return httpx.Response(200, content=endless())


@pytest.mark.parametrize(
    ("failure", "problem"),
    [
        (lambda: httpx.ConnectError("refused"), "refused"),
        (lambda: httpx.ReadTimeout(""), "ReadTimeout('')"),
        (
            lambda: httpx.Response(200, text="<html>"),
            "JSON is malformed: invalid character (byte 0)",
        ),
        (lambda: httpx.Response(200, json={}), "Object missing required field `keys`"),
        (
            lambda: httpx.Response(200, json={"keys": 5}),
            "Expected `array`, got `int` - at `$.keys`",
        ),
        (
            lambda: httpx.Response(200, content=b'{"keys":[{"kid":"\xff"}]}'),
            "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        ),
        (
            lambda: httpx.Response(200, content=b'{"keys":' + b"[" * 100_000),
            "the JSON is nested too deeply",
        ),
        (
            lambda: httpx.Response(200, content=b'{"a":' * 100_000),
            "the JSON is nested too deeply",
        ),
        (too_large, f"the response has more than {MAX_BYTES} bytes"),
    ],
)
async def test_cached_keys_stay_valid_while_the_issuer_fails(
    failure: Callable[[], httpx.Response | Exception], problem: str
) -> None:
    """A token with another key is neither accepted nor rejected."""
    issuer, clock = Issuer(), Clock()
    keys = source(issuer, clock)
    cached = await keys.keys(Deadline())
    issuer.failure = failure()
    clock.now += KEYS_TTL
    with structlog.testing.capture_logs() as logs:
        assert await keys.keys(Deadline()) == cached
        with pytest.raises(KeysUnavailableError) as raised:
            await keys.newest(Deadline())
        assert await keys.keys(Deadline()) == cached
    assert raised.value.retry_after == 10
    assert issuer.requests == 2
    assert logs == [
        {"event": "jwks_fetch_failed", "log_level": "error", "url": URL, "problem": problem}
    ]


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_only_a_success_status_is_accepted(status: int) -> None:
    issuer = Issuer(failure=httpx.Response(status, json={"keys": []}, headers={"Location": URL}))
    with pytest.raises(KeysUnavailableError):
        await source(issuer, Clock()).keys(Deadline())
    assert issuer.requests == 1


async def test_entries_that_are_no_keys_are_left_out() -> None:
    good = jwk(P256, "p256")
    response = httpx.Response(200, json={"keys": [None, 5, "k", [], good]})
    assert await source(Issuer(failure=response), Clock()).keys(Deadline()) == [good]


async def test_without_keys_the_error_has_the_seconds_until_the_next_fetch() -> None:
    issuer, clock = Issuer(failure=httpx.ConnectError("refused")), Clock()
    keys = source(issuer, clock)
    for passed, retry_after, requests in [(0.0, 10, 1), (2.5, 8, 1), (7.4, 1, 1), (0.1, 10, 2)]:
        clock.now += passed
        with pytest.raises(KeysUnavailableError) as raised:
            await keys.keys(Deadline())
        assert (raised.value.retry_after, issuer.requests) == (retry_after, requests)
    issuer.failure = None
    clock.now += FETCH_INTERVAL
    assert await keys.keys(Deadline()) == issuer.keys


class SlowIssuer(httpx.AsyncBaseTransport):
    """Responds with its keys until it is `slow`; then it sends nothing, or a byte each second."""

    def __init__(self, *, drips: bool) -> None:
        self.slow = False
        self.requests = 0
        self._drips = drips

    async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
        self.requests += 1
        if not self.slow:
            return httpx.Response(200, json={"keys": [jwk(P256, "p256")]})
        if not self._drips:
            await asyncio.Event().wait()
        return httpx.Response(200, content=self._drip())

    async def _drip(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(1)
            yield b" "


@pytest.mark.parametrize("drips", [False, True])
async def test_a_slow_issuer_delays_nobody_whose_key_is_known(*, drips: bool) -> None:
    """Unknown keys wait until their own deadline, or for FETCH_TIMEOUT seconds at most."""
    issuer, clock = SlowIssuer(drips=drips), Clock()
    keys = KeySource(URL, lambda: issuer, clock)
    cached = await keys.keys(Deadline())
    issuer.slow = True
    clock.now += KEYS_TTL
    started = now()

    async def unknown(deadline: Deadline) -> tuple[float, int]:
        with pytest.raises(KeysUnavailableError) as raised:
            await keys.newest(deadline)
        return now() - started, raised.value.retry_after

    with structlog.testing.capture_logs() as logs:
        waiting = asyncio.gather(unknown(Deadline.after(2)), unknown(Deadline.after(60)))
        await asyncio.sleep(0)
        assert (await keys.keys(Deadline()), now() - started) == (cached, 0)
        assert [*await waiting] == [(2, 1), (FETCH_TIMEOUT, 10)]
    assert issuer.requests == 2
    assert [line["problem"] for line in logs] == ["no complete response within 5 s"]


async def test_without_keys_a_slow_issuer_is_waited_for_until_the_deadline() -> None:
    issuer = SlowIssuer(drips=True)
    issuer.slow = True
    keys = KeySource(URL, lambda: issuer, Clock())
    with pytest.raises(KeysUnavailableError) as raised:
        await keys.keys(Deadline.after(3))
    assert (now(), raised.value.retry_after) == (3, 1)
    await asyncio.sleep(FETCH_TIMEOUT)
