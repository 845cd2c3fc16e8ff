"""What a vendor's headers say of its limits: Retry-After and X-RateLimit-*."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

Headers = Mapping[str, str]

_EPOCH_FROM: Final = 1_000_000_000
"""A reset that is no less is a moment (assumed for Dodo); a smaller one is seconds from now."""

_MOST_DIGITS: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitHeaders:
    """What was said of the rate of calls; None is what was not said."""

    limit: int | None = None
    remaining: int | None = None
    resets_in: float | None = None
    retry_in: float | None = None

    @property
    def wait(self) -> float | None:
        """How many seconds to stay away, where that was said."""
        return self.resets_in if self.retry_in is None else self.retry_in


def parse_rate_limit_headers(headers: Headers) -> RateLimitHeaders:
    """Read the headers of an answer; what makes no sense was not said."""
    return RateLimitHeaders(
        limit=_count(headers.get("x-ratelimit-limit")),
        remaining=_count(headers.get("x-ratelimit-remaining")),
        resets_in=_resets_in(headers),
        retry_in=_retry_in(headers),
    )


def _count(text: str | None) -> int | None:
    is_count = text and text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if text and is_count else None


def _resets_in(headers: Headers) -> float | None:
    reset = _count(headers.get("x-ratelimit-reset"))
    if reset is None:
        return None
    return max(0.0, reset - _their_time(headers)) if reset >= _EPOCH_FROM else float(reset)


def _retry_in(headers: Headers) -> float | None:
    text = headers.get("retry-after")
    seconds = _count(text)
    if seconds is not None:
        return float(seconds)
    moment = _moment(text)
    return None if moment is None else max(0.0, moment - _their_time(headers))


def _their_time(headers: Headers) -> float:
    """The vendor's clock where it tells it: ours may be another."""
    told = _moment(headers.get("date"))
    return time.time() if told is None else told


def _moment(text: str | None) -> float | None:
    try:
        date = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    if date is None:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
