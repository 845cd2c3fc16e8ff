"""Numbers as vendors write them, JSON numbers or text, and times in UTC."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from groupgate.domain.refs import AccountKey
from groupgate.request import current_scope

_MAX_DIGITS: Final = 30
"""An amount with more digits before or after the point is no price."""

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
"""A decimal number; Python's parser also accepts "1_000", "NaN" and the digits of all scripts."""

MAX_COUNT: Final = 2**31 - 1
"""The largest count that a vendor documents, and the largest `Int` of GraphQL."""


def parse_amount(written: Decimal | float | str | None) -> Decimal | None:
    """Return the amount with the digits that the vendor wrote; None if it is not a number."""
    text = str(written).strip()
    amount = Decimal(text) if _NUMBER.fullmatch(text) else None
    is_sensible = amount is not None and abs(amount.adjusted()) <= _MAX_DIGITS
    return amount if is_sensible else None


def read_amount(provider: AccountKey, field: str, written: float | str | None) -> Decimal | None:
    """Return the amount like `parse_amount`; record text that is not a number as unreadable.

    It is recorded in the request, under the JSON path of all fields with this name.
    """
    amount = parse_amount(written)
    if amount is None and written is not None and str(written).strip():
        current_scope().count_unreadable(provider, f"$..{field}")
    return amount


def parse_count(written: float | str | None) -> int | None:
    """Return a whole number from 0 to `MAX_COUNT`; None if the value is not one."""
    if written is None or type(written) is int:
        return written if written is not None and 0 <= written <= MAX_COUNT else None
    amount = parse_amount(written)
    if amount is None or not 0 <= amount <= MAX_COUNT or amount % 1:
        return None
    return int(amount)


def to_utc(provider: AccountKey, field: str, moment: datetime | None) -> datetime | None:
    """Return the time in UTC, which a time without a zone is in already (documented for Dodo).

    A time after the year 9999 in UTC is unreadable: it is recorded in the request, under the JSON
    path of all fields with this name. The decoder finds those before the year 1 itself.
    """
    if moment is None:
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        current_scope().count_unreadable(provider, f"$..{field}")
        return None
