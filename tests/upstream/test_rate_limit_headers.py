"""Headers that tell of limits: seconds, moments, nonsense."""

import time

import pytest

from groupgate.upstream.rate_limit.headers import RateLimitHeaders, parse_rate_limit_headers

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"
NOON_EPOCH = 1_795_348_800


@pytest.mark.parametrize(
    ("headers", "told"),
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
def test_what_makes_sense_is_read(headers: dict[str, str], told: RateLimitHeaders) -> None:
    """Seconds, dates and epoch seconds; anything else was not said."""
    assert parse_rate_limit_headers(headers) == told


def test_without_a_date_our_own_clock_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment becomes seconds by the gateway's clock where the vendor's is not told."""
    monkeypatch.setattr(time, "time", lambda: NOON_EPOCH - 5.0)
    assert parse_rate_limit_headers({"retry-after": NOON}).retry_in == 5


def test_retry_after_counts_more_than_the_reset() -> None:
    """The reset stands in where there is no Retry-After."""
    assert parse_rate_limit_headers({"retry-after": "3", "x-ratelimit-reset": "20"}).wait == 3
    assert parse_rate_limit_headers({"x-ratelimit-reset": "20"}).wait == 20
    assert parse_rate_limit_headers({}).wait is None
