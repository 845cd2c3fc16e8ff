"""The rate-limit headers of a vendor's response.

The module parses `Retry-After` in its common forms, `retry-after-ms`, `X-RateLimit-*`, and the
headers of the IETF draft (draft-ietf-httpapi-ratelimit-headers): `RateLimit` and
`RateLimit-Policy`, and in older revisions `RateLimit-Limit`, `-Remaining` and `-Reset`.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

Headers = Mapping[str, str]

_SECONDS_FROM: Final = 1_000_000_000
"""A reset from this value on is a Unix time (assumed for Dodo); below, it is seconds from now."""
_MILLISECONDS_FROM: Final = 1_000_000_000_000
"""A reset from this value on is a Unix time in milliseconds."""

_COUNT: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)
_DRAFT_ITEM: Final = re.compile(r'"(?P<name>[^"]*)"|;\s*(?P<key>[a-z]+)=(?P<value>[0-9]{1,15})')


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitHeaders:
    """The values of the headers; None for a header that is missing or makes no sense.

    `resets_in` and `retry_in` are in seconds from now. `window` is the length in seconds of the
    window that `limit` is for, which only the IETF draft's header names.
    """

    limit: int | None = None
    remaining: int | None = None
    resets_in: float | None = None
    retry_in: float | None = None
    window: int | None = None

    @property
    def wait(self) -> float | None:
        """Seconds to wait before the next call; None if no header says it."""
        return self.resets_in if self.retry_in is None else self.retry_in


def parse_rate_limit_headers(headers: Headers) -> RateLimitHeaders:
    """Return the rate-limit headers of a response."""
    state = _draft(headers.get("ratelimit"))
    policy = _draft(headers.get("ratelimit-policy"))
    return RateLimitHeaders(
        limit=policy.get("q", _either(headers, "limit")),
        remaining=state.get("r", _either(headers, "remaining")),
        resets_in=state.get("t", _resets_in(headers)),
        retry_in=_retry_in(headers),
        window=policy.get("w"),
    )


def clock_difference(headers: Headers) -> float | None:
    """Return the seconds by which the vendor's clock is ahead of ours; None without `Date`."""
    date = _unix_time(headers.get("date"))
    return None if date is None else date - time.time()


def _either(headers: Headers, name: str) -> int | None:
    text = headers.get(f"x-ratelimit-{name}", headers.get(f"ratelimit-{name}"))
    return int(text) if text and _COUNT.fullmatch(text) else None


def _draft(text: str | None) -> dict[str, int]:
    """Return the parameters of the first item of a header of the IETF draft."""
    parameters: dict[str, int] = {}
    names = 0
    for item in _DRAFT_ITEM.finditer(text or ""):
        names += item["name"] is not None
        if names == 1 and item["key"]:
            parameters.setdefault(item["key"], int(item["value"]))
    return parameters


def _resets_in(headers: Headers) -> float | None:
    reset = _either(headers, "reset")
    if reset is None:
        return None
    if reset >= _MILLISECONDS_FROM:
        return max(0.0, reset / 1000 - _vendor_time(headers))
    return max(0.0, reset - _vendor_time(headers)) if reset >= _SECONDS_FROM else float(reset)


def _retry_in(headers: Headers) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None:
        return seconds
    moment = _unix_time(text)
    return None if moment is None else max(0.0, moment - _vendor_time(headers))


def _number(text: str | None) -> float | None:
    return float(text) if text and _NUMBER.fullmatch(text.strip()) else None


def _vendor_time(headers: Headers) -> float:
    """Return the Unix time of the vendor's clock, which may differ from ours."""
    date = _unix_time(headers.get("date"))
    return time.time() if date is None else date


def _unix_time(text: str | None) -> float | None:
    """Return the Unix time of an HTTP date or an ISO 8601 date; without a zone it is UTC."""
    if not text:
        return None
    try:
        date = _parsed(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _parsed(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)
