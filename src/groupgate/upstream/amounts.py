"""Numbers as vendors write them: JSON numbers, or text."""

import re
from decimal import Decimal
from typing import Final

_MAX_DIGITS: Final = 30
"""An amount with more digits before or after the point is no price."""

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?", re.ASCII | re.IGNORECASE)
"""A decimal number; Python's parser also accepts "1_000", "NaN" and the digits of all scripts."""

MAX_COUNT: Final = 2**31 - 1
"""The largest count that a vendor documents, and the largest `Int` of GraphQL."""


def parse_amount(written: Decimal | float | str | None) -> Decimal | None:
    """Return the amount with the digits that the vendor wrote; None if it is not a number."""
    text = str(written).strip()
    amount = Decimal(text) if _NUMBER.fullmatch(text) else None
    is_sensible = amount is not None and abs(amount.adjusted()) <= _MAX_DIGITS
    return amount if is_sensible else None


def parse_count(written: float | str | None) -> int | None:
    """Return a whole number from 0 to `MAX_COUNT`; None if the value is not one."""
    amount = parse_amount(written)
    if amount is None or not 0 <= amount <= MAX_COUNT or amount % 1:
        return None
    return int(amount)
