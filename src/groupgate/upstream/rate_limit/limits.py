"""The rate limits of a vendor: windows of calls, and the headers that report limits.

The module parses `Retry-After` in its common forms, `retry-after-ms`, `X-RateLimit-*`, and the
headers of the IETF draft (draft-ietf-httpapi-ratelimit-headers): `RateLimit` and
`RateLimit-Policy`, and in older revisions `RateLimit-Limit`, `-Remaining` and `-Reset`.
"""

import re
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import ceil, inf
from typing import Final

from groupgate.observer import Budget
from groupgate.request import now

Headers = Mapping[str, str]

SECOND: Final = 1.001
MINUTE: Final = 60.06
"""Window lengths in seconds, a thousandth longer than named: the vendor's clock differs."""

_WINDOW_NAMES: Final = {SECOND: "second", MINUTE: "minute"}

_SHORT_RESET: Final = 2.0
"""A one-second window resets within two seconds, as the header has whole seconds."""

_SECONDS_FROM: Final = 1_000_000_000
"""A reset from this value on is a Unix time (assumed for Dodo); below, it is seconds from now."""
_MILLISECONDS_FROM: Final = 1_000_000_000_000
"""A reset from this value on is a Unix time in milliseconds."""

_COUNT: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?", re.ASCII)
_DRAFT_ITEM: Final = re.compile(r'"(?P<name>[^"]*)"|;\s*(?P<key>[a-z]+)=(?P<value>[0-9]{1,15})')


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The calls allowed in a window; None for no limit.

    A fixed rate is not changed by the vendor's headers.
    """

    calls: int | None = None
    is_fixed: bool = False


UNLIMITED: Final = Rate()


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


class Window:
    """A sliding window of calls.

    The vendor counts a call at some moment between its sending and its response. So a call takes
    its place when it is sent, and frees it when the window's length has passed since its response.
    """

    def __init__(self, calls: int, seconds: float) -> None:
        self.calls = calls
        self.seconds = seconds
        self._running = 0
        self._ended: deque[float] = deque()

    def begin(self) -> None:
        """Take a place."""
        self._running += 1

    def end(self, moment: float, *, was_sent: bool) -> None:
        """End a call; one that was not sent frees its place at once."""
        self._running -= 1
        if was_sent:
            self._ended.append(moment)

    def note_ended(self, moment: float) -> None:
        """Count a call that ended at this moment."""
        self._ended.append(moment)

    def is_open(self, moment: float, ahead: int = 0) -> bool:
        """Return True if a place is free after `ahead` other calls took theirs."""
        ended = self._ended
        while ended and ended[0] <= moment - self.seconds:
            ended.popleft()
        return self._running + len(ended) + ahead < self.calls

    def left(self, moment: float) -> int:
        """Return how many places are free."""
        self._forget_old(moment)
        return max(0, self.calls - self._running - len(self._ended))

    def opens_at(self, moment: float, ahead: int = 0) -> float:
        """Return when a place is free at the earliest, after `ahead` other calls took theirs.

        Returns infinity if that depends on calls that are running.
        """
        self._forget_old(moment)
        missing = self._running + len(self._ended) + ahead + 1 - self.calls
        if missing <= 0:
            return moment
        if missing <= len(self._ended):
            return self._ended[missing - 1] + self.seconds
        return inf

    def _forget_old(self, moment: float) -> None:
        while self._ended and self._ended[0] <= moment - self.seconds:
            self._ended.popleft()

    def soonest(self, moment: float, ahead: int) -> float:
        """Return the earliest time as `opens_at` does, assuming that running calls end now."""
        known = self.opens_at(moment, ahead)
        if known < inf:
            return known
        beyond = self._running + ahead + 1 - self.calls
        return moment + self.seconds * ceil(beyond / self.calls)


class Windows:
    """The windows of one vendor, as its rates and its headers limit them."""

    def __init__(self, per_second: Rate, per_minute: Rate) -> None:
        self._rates = {SECOND: per_second, MINUTE: per_minute}
        self._windows = {
            seconds: Window(rate.calls, seconds)
            for seconds, rate in self._rates.items()
            if rate.calls is not None
        }
        self._reported_minute: int | None = None

    @property
    def limits(self) -> Mapping[float, int]:
        """The calls that are allowed at present, by the length of their window in seconds."""
        return {seconds: window.calls for seconds, window in self._windows.items()}

    def budgets(self) -> Mapping[str, Budget]:
        """Return the calls that each window allows, and those that are left."""
        moment = now()
        return {
            _WINDOW_NAMES[seconds]: Budget(limit=window.calls, left=window.left(moment))
            for seconds, window in self._windows.items()
        }

    def begin(self) -> None:
        """Take a place in each window."""
        for window in self._windows.values():
            window.begin()

    def end(self, *, was_sent: bool) -> None:
        """End a call; one that was not sent frees its places at once."""
        moment = now()
        for window in self._windows.values():
            window.end(moment, was_sent=was_sent)

    def note_ended(self, moments: Iterable[float]) -> None:
        """Count calls that ended at these moments."""
        for window in self._windows.values():
            for moment in moments:
                window.note_ended(moment)

    def leave(self, left: Mapping[float, int]) -> None:
        """Let no window have more free places than these, as if others had just been taken."""
        moment = now()
        for seconds, window in self._windows.items():
            for _ in range(window.left(moment) - max(0, left[seconds])):
                window.note_ended(moment)

    def are_open(self, moment: float, ahead: int = 0) -> bool:
        """Return True if all windows have a free place after `ahead` other calls took theirs."""
        for window in self._windows.values():  # noqa: SIM110 - faster than a generator
            if not window.is_open(moment, ahead):
                return False
        return True

    def opens_at(self, moment: float) -> float:
        """Return when all windows have a free place; infinity if that depends on running calls."""
        return max([moment, *(window.opens_at(moment) for window in self._windows.values())])

    def soonest(self, moment: float, ahead: int) -> float:
        """Return the earliest time with free places after `ahead` other calls took theirs."""
        return max([moment, *(window.soonest(moment, ahead) for window in self._windows.values())])

    def resize_from(self, headers: RateLimitHeaders) -> bool:
        """Update the limit of the window that the headers belong to; return True if it changed.

        Only the IETF draft's header names the window. Otherwise a limit that resets later than in
        two seconds belongs to the minute; after that, a smaller one that resets soon is taken for
        the second's. As that is a guess, it only lowers the configured limit.
        """
        if not headers.limit:
            return False
        if headers.window is not None:
            named = {round(SECOND): SECOND, round(MINUTE): MINUTE}.get(headers.window)
            return named is not None and self._resize(named, headers.limit)
        if headers.resets_in is None:
            return False
        if headers.resets_in > _SHORT_RESET:
            self._reported_minute = headers.limit
            return self._resize(MINUTE, headers.limit)
        if self._reported_minute and headers.limit < self._reported_minute:
            configured = self._rates[SECOND].calls or headers.limit
            return self._resize(SECOND, min(headers.limit, configured))
        return False

    def _resize(self, seconds: float, calls: int) -> bool:
        window = self._windows.get(seconds)
        if window is None or self._rates[seconds].is_fixed or window.calls == calls:
            return False
        window.calls = calls
        return True


_NAMES: Final = frozenset(
    {
        *("ratelimit", "ratelimit-policy", "retry-after", "retry-after-ms"),
        *(f"{x}ratelimit-{name}" for x in ("", "x-") for name in ("limit", "remaining", "reset")),
    }
)
_NONE: Final = RateLimitHeaders()


def parse_rate_limit_headers(headers: Headers) -> RateLimitHeaders:
    """Return the rate-limit headers of a response."""
    if _NAMES.isdisjoint(headers):
        return _NONE
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
