"""Numbers as vendors write them."""

from typing import Any

import pytest

from groupgate.decoding.scalars import parse_count


@pytest.mark.parametrize(
    ("written", "count"),
    [(0, 0), (12, 12), ("12", 12), (" 12 ", 12), (12.0, 12), ("12.0", 12), (2**31 - 1, 2**31 - 1)],
)
def test_a_count_is_a_number_or_text(written: float | str, count: int) -> None:
    assert parse_count(written) == count


@pytest.mark.parametrize(
    "written", [None, "", "twelve", "1_000", "NaN", "inf", -1, "-1", 1.5, 2**31, "1e10", True]
)
def test_a_count_is_a_whole_number_of_at_most_31_bits(written: Any) -> None:
    assert parse_count(written) is None
