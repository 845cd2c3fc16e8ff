"""Forms of rate-limit headers that vendors, proxies and the IETF draft use."""

import asyncio

import pytest

from groupgate.domain.refs import ProviderKey
from groupgate.upstream.rate_limit.headers import (
    RateLimitHeaders,
    clock_difference,
    parse_rate_limit_headers,
)
from groupgate.upstream.rate_limit.limiter import MINUTE, SECOND, Rate, RateLimiter
from tests.upstream.test_rate_limiter import call

pytestmark = pytest.mark.anyio

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"
NOON_EPOCH = 1_795_348_800


@pytest.mark.parametrize(
    ("headers", "parsed"),
    [
        ({"retry-after": "1.5"}, RateLimitHeaders(retry_in=1.5)),
        ({"retry-after-ms": "1500", "retry-after": "9"}, RateLimitHeaders(retry_in=1.5)),
        ({"retry-after": "2026-11-22T12:00:09Z", "date": NOON}, RateLimitHeaders(retry_in=9)),
        ({"retry-after": "2026-11-22 12:00:09", "date": NOON}, RateLimitHeaders(retry_in=9)),
        ({"retry-after": "2026-11-22T14:00:09+02:00", "date": NOON}, RateLimitHeaders(retry_in=9)),
        ({"retry-after": "Sun, 22 Nov 99999999999999999999 12:00:00 GMT"}, RateLimitHeaders()),
        ({"retry-after": "0001-01-01T00:00:00+02:00", "date": NOON}, RateLimitHeaders(retry_in=0)),
        (
            {"x-ratelimit-reset": str((NOON_EPOCH + 20) * 1000), "date": NOON},
            RateLimitHeaders(resets_in=20),
        ),
        (
            {"ratelimit": '"default";r=0;t=20', "ratelimit-policy": '"default";q=100;w=60'},
            RateLimitHeaders(limit=100, remaining=0, resets_in=20, window=60),
        ),
        (
            {"ratelimit": '"a";r=3;t=1, "b";r=9;t=50', "ratelimit-policy": '"a";q=5;w=1, "b";q=9'},
            RateLimitHeaders(limit=5, remaining=3, resets_in=1, window=1),
        ),
        (
            {"ratelimit-limit": "100", "ratelimit-remaining": "7", "ratelimit-reset": "20"},
            RateLimitHeaders(limit=100, remaining=7, resets_in=20),
        ),
        ({"ratelimit": "nonsense", "ratelimit-policy": ";;;"}, RateLimitHeaders()),
    ],
)
def test_each_form_is_understood(headers: dict[str, str], parsed: RateLimitHeaders) -> None:
    assert parse_rate_limit_headers(headers) == parsed


def test_the_clock_of_the_vendor_is_compared_with_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: NOON_EPOCH - 90.0)
    assert clock_difference({"date": NOON}) == 90
    assert clock_difference({}) is None


def limiter() -> RateLimiter:
    return RateLimiter(
        ProviderKey.DODO, concurrency=16, per_second=Rate(calls=2), per_minute=Rate(calls=50)
    )


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        # The minute's limit near its reset is no limit of the second.
        (RateLimitHeaders(limit=4, remaining=4, resets_in=1.5), [0, 0, SECOND, SECOND]),
        (RateLimitHeaders(limit=1, remaining=1, resets_in=1.5), [0, SECOND, 2 * SECOND, MINUTE]),
        (RateLimitHeaders(limit=4, window=1), [0, 0, 0, 0]),
        (RateLimitHeaders(limit=3, window=60), [0, 0, SECOND, MINUTE]),
        (RateLimitHeaders(limit=1, window=3600), [0, 0, SECOND, SECOND]),
    ],
)
async def test_a_limit_per_second_is_raised_only_if_the_vendor_names_its_window(
    headers: RateLimitHeaders, sent: list[float]
) -> None:
    rate_limiter = limiter()
    minute = 3 if headers.resets_in and headers.limit == 1 else 5
    if headers.window is None:
        reported = RateLimitHeaders(limit=minute, remaining=minute, resets_in=60)
        rate_limiter.update(reported, is_throttled=False)
    rate_limiter.update(headers, is_throttled=False)
    assert await asyncio.gather(*(call(rate_limiter, "a") for _ in range(4))) == sent
