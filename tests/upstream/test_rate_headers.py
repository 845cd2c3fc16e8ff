"""Headers that tell of limits: seconds, moments, nonsense."""

import time

import pytest

from groupgate.upstream.rate_headers import RateTold, rate_told

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"
NOON_EPOCH = 1_795_348_800


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, RateTold()),
        ({"retry-after": "7"}, RateTold(retry_in=7)),
        ({"retry-after": "0"}, RateTold(retry_in=0)),
        (
            {"retry-after": "Sun, 22 Nov 2026 12:00:09 GMT", "date": NOON},
            RateTold(retry_in=9),
        ),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT", "date": NOON}, RateTold(retry_in=0)),
        ({"retry-after": "soon"}, RateTold()),
        ({"retry-after": "-5"}, RateTold()),
        ({"retry-after": "²"}, RateTold()),
        ({"retry-after": "9" * 400}, RateTold()),
        (
            {
                "x-ratelimit-limit": "240",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": str(NOON_EPOCH + 31),
                "date": NOON,
            },
            RateTold(limit=240, remaining=0, resets_in=31),
        ),
        ({"x-ratelimit-reset": "20"}, RateTold(resets_in=20)),
        ({"x-ratelimit-limit": "240, 40"}, RateTold()),
    ],
)
def test_what_makes_sense_is_read(headers: dict[str, str], told: RateTold) -> None:
    """Seconds, dates and epoch seconds; anything else was not said."""
    assert rate_told(headers) == told


def test_without_a_date_our_own_clock_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment becomes seconds by the gateway's clock where the vendor's is not told."""
    monkeypatch.setattr(time, "time", lambda: NOON_EPOCH - 5.0)
    assert rate_told({"retry-after": NOON}).retry_in == 5


def test_retry_after_counts_more_than_the_reset() -> None:
    """The reset stands in where there is no Retry-After."""
    assert rate_told({"retry-after": "3", "x-ratelimit-reset": "20"}).wait == 3
    assert rate_told({"x-ratelimit-reset": "20"}).wait == 20
    assert rate_told({}).wait is None
