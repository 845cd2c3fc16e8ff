"""The conversions of single values: which notations have a meaning, and which do not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from groupgate.decoding.json_repair import UNREADABLE
from groupgate.decoding.lenient_values import (
    to_boolean,
    to_decimal,
    to_float,
    to_integer,
    to_text,
    to_time,
)

Convert = Callable[[object], object]

MOMENT = datetime(2024, 8, 30, 19, 43, 4, tzinfo=UTC)
IN_SUMMER_TIME = datetime(2024, 8, 30, 21, 43, 4, tzinfo=timezone(timedelta(hours=2)))
MIDNIGHT = datetime(2024, 8, 30)  # noqa: DTZ001 # the texts have no zone


@pytest.mark.parametrize(
    ("convert", "value", "expected"),
    [
        (to_text, "A-1", "A-1"),
        (to_text, "", ""),
        (to_text, 123, "123"),
        (to_text, 123.0, "123"),
        (to_text, 12.5, "12.5"),
        (to_text, 10**20, "100000000000000000000"),
        (to_boolean, True, True),
        (to_boolean, 1, True),
        (to_boolean, 0, False),
        (to_boolean, 1.0, True),
        (to_boolean, "1", True),
        (to_boolean, "true", True),
        (to_boolean, " False ", False),
        (to_integer, 1999, 1999),
        (to_integer, 1999.0, 1999),
        (to_integer, "1999", 1999),
        (to_integer, " 1999.0 ", 1999),
        (to_integer, "-5", -5),
        (to_float, 2, 2.0),
        (to_float, "2.5", 2.5),
        (to_decimal, 39.99, Decimal("39.99")),
        (to_decimal, "39.990", Decimal("39.990")),
        (to_decimal, 40, Decimal(40)),
        (to_decimal, "1e2", Decimal("1e2")),
    ],
)
def test_an_equivalent_value_is_converted(
    convert: Convert, value: object, expected: object
) -> None:
    converted = convert(value)
    assert (converted, type(converted)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("convert", "values"),
    [
        (to_text, [True, None, [], {}, UNREADABLE]),
        (to_boolean, [2, 0.5, "yes", "", None, [], UNREADABLE]),
        (to_integer, [True, 19.99, 1e30, "1_000", "1,000", "٣", "0x10", "", None, [], UNREADABLE]),
        (to_float, [True, "1_000", "NaN", "inf", "1e999", "", None, UNREADABLE]),
        (to_decimal, [True, "1_000", "٣", "NaN", "1e9999", "9" * 401, "", None, UNREADABLE]),
        (to_time, [True, "", " ", "yesterday", "null", "2024", "10", None, [], {}, UNREADABLE]),
    ],
)
def test_a_value_without_one_meaning_is_an_error(convert: Convert, values: list[object]) -> None:
    for value in values:
        with pytest.raises(ValueError):  # noqa: PT011 # the message is not used
            convert(value)


@pytest.mark.parametrize(
    "value",
    [
        1725046984,
        1725046984.0,
        1725046984000,
        "1725046984",
        "1725046984000",
        "2024-08-30T19:43:04Z",
        "2024-08-30t19:43:04z",
        "2024-08-30 19:43:04Z",
        "2024-08-30 19:43:04 UTC",
        "2024-08-30 19:43:04 +0000 UTC",
        "20240830T194304Z",
        "2024-08-30T19:43:04.000000000Z",
        "2024-08-30T19:43:04Z[UTC]",
        "Fri, 30 Aug 2024 19:43:04 GMT",
        "Friday, 30-Aug-24 19:43:04 GMT",
        "30 Aug 2024 19:43:04 +0000",
        "/Date(1725046984000)/",
        "/Date(1725046984000+0200)/",
    ],
)
def test_a_time_in_utc_is_read(value: object) -> None:
    assert to_time(value) == MOMENT


@pytest.mark.parametrize(
    "value",
    [
        "2024-08-30T21:43:04+02:00",
        "2024-08-30T21:43:04+0200",
        "2024-08-30 21:43:04 +0200",
        "2024-08-30T21:43:04+02:00[Europe/Berlin]",
        "Fri, 30 Aug 2024 21:43:04 +0200",
        "Fri Aug 30 2024 21:43:04 GMT+0200 (Central European Summer Time)",
    ],
)
def test_a_time_with_an_offset_keeps_it(value: str) -> None:
    moment = to_time(value)
    assert (moment, moment.utcoffset()) == (IN_SUMMER_TIME, timedelta(hours=2))


@pytest.mark.parametrize(
    "value",
    [
        "2024-08-30",
        "20240830",
        "20240830000000",
        "2024-08-30T00:00",
        "2024/08/30",
        "2024/08/30 00:00",
        "2024/08/30 00:00:00",
        "Fri Aug 30 00:00:00 2024",
        "30 Aug 2024",
        "30-Aug-2024",
        "Aug 30, 2024",
        "August 30, 2024",
    ],
)
def test_a_time_without_a_zone_has_none(value: str) -> None:
    moment = to_time(value)
    assert (moment, moment.tzinfo) == (MIDNIGHT, None)


@pytest.mark.parametrize("value", ["08/09/2024", "08.09.2024", "8/9/24", "2024-08-30T25:00:00Z"])
def test_a_date_that_may_be_another_one_is_an_error(value: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 # the message is not used
        to_time(value)


@pytest.mark.parametrize(
    "value",
    [
        "0001-01-01T00:00:00+02:00",
        "0001-01-01T13:59:59+14:00",
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T12:00:00-12:00",
    ],
)
def test_a_time_outside_the_years_1_to_9999_in_utc_is_an_error(value: str) -> None:
    with pytest.raises(OverflowError):
        to_time(value)


@pytest.mark.parametrize(
    ("value", "year"),
    [
        ("0001-01-01T00:00:00Z", 1),
        ("0001-01-01T00:00:00", 1),
        ("0001-01-01T00:00:00-02:00", 1),
        ("9999-12-31T23:59:59.9999999Z", 9999),
        ("/Date(-62135596800000)/", 1),
    ],
)
def test_the_first_and_the_last_time_are_read(value: str, year: int) -> None:
    assert to_time(value).year == year
