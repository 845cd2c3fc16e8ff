"""parse_rate_limit_headers: Retry-After and X-RateLimit-* in seconds from now."""

import time

import pytest

from groupgate.upstream.rate_limit.headers import RateLimitHeaders, parse_rate_limit_headers

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"
NOON_EPOCH = 1_795_348_800


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, RateLimitHeaders()),
        ({"retry-after": "7"}, RateLimitHeaders(retry_in=7)),
        ({"retry-after": "0"}, RateLimitHeaders(retry_in=0)),
        (
            {"retry-after": "Sun, 22 Nov 2026 12:00:09 GMT", "date": NOON},
            RateLimitHeaders(retry_in=9),
        ),
        (
            {"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT", "date": NOON},
            RateLimitHeaders(retry_in=0),
        ),
        ({"retry-after": "soon"}, RateLimitHeaders()),
        ({"retry-after": "-5"}, RateLimitHeaders()),
        ({"retry-after": "²"}, RateLimitHeaders()),
        ({"retry-after": "9" * 400}, RateLimitHeaders()),
        (
            {
                "x-ratelimit-limit": "240",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": str(NOON_EPOCH + 31),
                "date": NOON,
            },
            RateLimitHeaders(limit=240, remaining=0, resets_in=31),
        ),
        ({"x-ratelimit-reset": "20"}, RateLimitHeaders(resets_in=20)),
        ({"x-ratelimit-limit": "240, 40"}, RateLimitHeaders()),
    ],
)
def test_seconds_dates_and_unix_times_are_parsed_and_invalid_values_are_ignored(
    headers: dict[str, str], expected: RateLimitHeaders
) -> None:
    assert parse_rate_limit_headers(headers) == expected


def test_without_a_date_header_a_retry_date_is_compared_with_the_local_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "time", lambda: NOON_EPOCH - 5.0)
    assert parse_rate_limit_headers({"retry-after": NOON}).retry_in == 5


def test_wait_is_retry_after_or_else_the_reset() -> None:
    assert parse_rate_limit_headers({"retry-after": "3", "x-ratelimit-reset": "20"}).wait == 3
    assert parse_rate_limit_headers({"x-ratelimit-reset": "20"}).wait == 20
    assert parse_rate_limit_headers({}).wait is None
