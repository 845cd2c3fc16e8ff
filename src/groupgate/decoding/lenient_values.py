"""Conversion of single JSON values that are not written as documented, but have one meaning.

Every function raises ValueError for a value that does not have one.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import partial
from math import isfinite
from typing import Any, Final

import msgspec

_LONGEST: Final = 400
"""Characters; a longer text is neither a number nor a time."""

_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")

_MILLISECONDS_FROM: Final = 100_000_000_000
"""An epoch time from this number on is in milliseconds; in seconds it would be the year 5138."""

_EPOCH: Final = re.compile(r"-?[0-9]{9,13}(\.[0-9]{1,9})?")
"""Seconds or milliseconds as text; a text of 8 or 14 digits is a date of the calendar."""

_DOT_NET: Final = re.compile(r"/Date\((-?[0-9]{1,17})([+-][0-9]{4})?\)/")

_ZONE: Final = re.compile(
    r"\s*(?P<utc>Z|UTC|GMT)?(?P<offset>(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2}))?"
    r"(?:\s+UTC|\s*\([^()]*\)|\[[^\[\]]*\])?$"
)
"""A zone at the end of a time: `Z`, `GMT+0200 (CEST)`, ` +0000 UTC`, `+02:00[Europe/Berlin]`."""

_FORMATS: Final = (
    "%Y%m%d%H%M%S",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%a, %d %b %Y %H:%M:%S",
    "%A, %d-%b-%y %H:%M:%S",
    "%a %b %d %H:%M:%S %Y",
    "%a %b %d %Y %H:%M:%S",
    "%d %b %Y",
    "%d %b %Y %H:%M:%S",
    "%d-%b-%Y",
    "%d-%b-%Y %H:%M:%S",
    "%b %d, %Y",
    "%B %d, %Y",
)
"""Formats besides ISO 8601 whose order of day and month is certain."""


def to_text(value: object) -> str:
    """Return a text, or a number as text: "123" for 123 and for 123.0."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError  # noqa: TRY004 # all values without a meaning raise the same error
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def to_boolean(value: object) -> bool:
    """Return true or false, given as such, as 1 or 0, or as text."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return msgspec.convert(_stripped(value), bool, strict=False)


def to_integer(value: object) -> int:
    """Return a whole number, given as an integer, as a float, or as text."""
    return msgspec.convert(_stripped(value), int, strict=False)


def to_float(value: object) -> float:
    """Return a number, given as such or as text."""
    number = float(to_decimal(value))
    if not isfinite(number):
        raise ValueError
    return number


def to_decimal(value: object) -> Decimal:
    """Return a number, given as such or as text, with its digits."""
    value = _stripped(value)
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError
    return msgspec.convert(value, Decimal, strict=False)


def to_time(value: object) -> datetime:
    """Return a time given as a text, or in seconds or milliseconds since 1970.

    The texts are those of ISO 8601, of mail, HTTP and asctime, of JavaScript and .NET, and some
    dates. Without a zone the result has none. Raises OverflowError for a time that is not in the
    years 1 to 9999 in UTC.
    """
    value = _stripped(value)
    moment = _read_time(value) if isinstance(value, str) else _since_epoch(value)
    if moment.tzinfo is not None:
        moment.astimezone(UTC)
    return moment


def _stripped(value: object) -> Any:
    if not isinstance(value, str):
        return value
    if len(value) > _LONGEST:
        raise ValueError
    return value.strip()


def _since_epoch(number: object) -> datetime:
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise ValueError  # noqa: TRY004 # all values without a meaning raise the same error
    if abs(number) >= _MILLISECONDS_FROM:
        number /= 1000
    return msgspec.convert(number, datetime, strict=False)


def _read_time(text: str) -> datetime:
    if _EPOCH.fullmatch(text):
        return _since_epoch(float(text))
    dot_net = _DOT_NET.fullmatch(text)
    if dot_net:
        # The milliseconds are in UTC; the offset is for display only (documented).
        return msgspec.convert(int(dot_net[1]) / 1000, datetime, strict=False)
    for without_zone, zone in _with_zones(text):
        for moment in _calendar_times(without_zone):
            return moment if zone is None else moment.replace(tzinfo=zone)
    raise ValueError


def _with_zones(text: str) -> Iterator[tuple[str, tzinfo | None]]:
    """Return the text as it is, and the text without the zone at its end, if it has one."""
    yield text, None
    zone = _ZONE.search(text)
    if zone is None or not (zone["utc"] or zone["offset"]):
        return
    offset = timedelta(hours=int(zone["hours"] or 0), minutes=int(zone["minutes"] or 0))
    yield text[: zone.start()], timezone(-offset if zone["sign"] == "-" else offset)


def _calendar_times(text: str) -> Iterator[datetime]:
    for parse in (partial(msgspec.convert, type=datetime), datetime.fromisoformat):
        try:
            yield parse(text)
        except ValueError:
            continue
    for layout in _FORMATS:
        try:
            yield datetime.strptime(text, layout)  # noqa: DTZ007 # the zone is added by the caller
        except ValueError:
            continue
