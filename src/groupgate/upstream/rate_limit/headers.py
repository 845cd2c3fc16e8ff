"""The rate-limit headers of a vendor's response: Retry-After and X-RateLimit-*."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

Headers = Mapping[str, str]

_EPOCH_FROM: Final = 1_000_000_000
"""A reset from this value on is a Unix time (assumed for Dodo); below, it is seconds from now."""

_MAX_DIGITS: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitHeaders:
    """The values of the headers; None for a header that is missing or makes no sense.

    `resets_in` and `retry_in` are in seconds from now.
    """

    limit: int | None = None
    remaining: int | None = None
    resets_in: float | None = None
    retry_in: float | None = None

    @property
    def wait(self) -> float | None:
        """Seconds to wait before the next call; None if no header says it."""
        return self.resets_in if self.retry_in is None else self.retry_in


def parse_rate_limit_headers(headers: Headers) -> RateLimitHeaders:
    """Return the rate-limit headers of a response."""
    return RateLimitHeaders(
        limit=_count(headers.get("x-ratelimit-limit")),
        remaining=_count(headers.get("x-ratelimit-remaining")),
        resets_in=_resets_in(headers),
        retry_in=_retry_in(headers),
    )


def _count(text: str | None) -> int | None:
    is_count = text and text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    return int(text) if text and is_count else None


def _resets_in(headers: Headers) -> float | None:
    reset = _count(headers.get("x-ratelimit-reset"))
    if reset is None:
        return None
    return max(0.0, reset - _vendor_time(headers)) if reset >= _EPOCH_FROM else float(reset)


def _retry_in(headers: Headers) -> float | None:
    text = headers.get("retry-after")
    seconds = _count(text)
    if seconds is not None:
        return float(seconds)
    moment = _unix_time(text)
    return None if moment is None else max(0.0, moment - _vendor_time(headers))


def _vendor_time(headers: Headers) -> float:
    """Return the Unix time of the vendor's clock, which may differ from ours."""
    date = _unix_time(headers.get("date"))
    return time.time() if date is None else date


def _unix_time(text: str | None) -> float | None:
    try:
        date = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    if date is None:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
