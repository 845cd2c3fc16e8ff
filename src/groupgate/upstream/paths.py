"""The paths of a vendor's API: ids as segments, and parameters as a query."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlencode

Params = Sequence[tuple[str, str | int]]

_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]+")
"""What `quote` returns as it is; most ids are such."""


def segment(native_id: str) -> str:
    """Return an id as one percent-encoded segment of a path."""
    return native_id if _UNRESERVED.fullmatch(native_id) else quote(native_id, safe="")


def is_addressable(native_id: str) -> bool:
    """Return True if an id can be a path segment; dot segments cannot (RFC 3986, 5.2.4)."""
    return native_id not in {"", ".", ".."}


def with_query(path: str, params: Params) -> str:
    """Return the path with these parameters as its query."""
    return f"{path}?{urlencode(params, quote_via=quote)}" if params else path
