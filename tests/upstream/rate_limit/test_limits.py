"""Window; the rate-limit headers of vendors, proxies and the IETF draft; the vendor's clock."""

import time
from math import inf

import pytest

from groupgate.upstream.rate_limit.limits import (
    RateLimitHeaders,
    Window,
    clock_difference,
    parse_rate_limit_headers,
)

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


@pytest.mark.parametrize(
    ("headers", "expected"),
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
    ],
)
def test_fractions_milliseconds_and_iso_8601_dates_are_parsed(
    headers: dict[str, str], expected: RateLimitHeaders
) -> None:
    assert parse_rate_limit_headers(headers) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
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
def test_the_headers_of_both_forms_of_the_ietf_draft_are_parsed(
    headers: dict[str, str], expected: RateLimitHeaders
) -> None:
    """Of several limits in one header, the first counts."""
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


def test_clock_difference_is_the_seconds_that_the_vendors_clock_is_ahead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "time", lambda: NOON_EPOCH - 90.0)
    assert clock_difference({"date": NOON}) == 90
    assert clock_difference({}) is None


def test_a_window_frees_a_place_one_window_length_after_the_response() -> None:
    """Two calls with responses at 1 and 3 free their places at 11 and 13."""
    window = Window(2, 10)
    window.begin()
    window.begin()
    assert window.opens_at(0) == inf
    window.end(1, was_sent=True)
    assert window.opens_at(1) == 11
    window.end(3, was_sent=True)
    assert [window.opens_at(3, ahead) for ahead in (0, 1, 2)] == [11, 13, inf]
    assert window.opens_at(11) == 11


def test_a_window_frees_the_place_of_an_unsent_call_immediately() -> None:
    window = Window(1, 10)
    window.begin()
    window.end(1, was_sent=False)
    assert window.opens_at(1) == 1


def test_soonest_assumes_that_running_calls_end_now() -> None:
    """Each two calls ahead add one window length."""
    window = Window(2, 10)
    window.begin()
    window.begin()
    assert [window.soonest(5, ahead) for ahead in (0, 1, 2, 3, 4)] == [15, 15, 25, 25, 35]
