"""The numbers that the calls to one vendor keep to."""

from dataclasses import dataclass
from typing import Final

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many calls in any window of its length; None is no limit.

    `is_fixed` is one that the vendor's own headers do not change.
    """

    calls: int | None = None
    is_fixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a vendor's calls are bounded and its answers kept; as it stands, nothing is kept."""

    concurrency: int = 16
    """Calls under way at the same time."""
    per_second: Rate = Rate()
    per_minute: Rate = Rate()
    cache_ttl: float = 0
    """Seconds in which an answer stands for the next call; 0 asks the vendor each time."""
    cache_stale_if_error: float = 0
    """Seconds in which an answer stands in for a failure; 0 is never."""
    cache_bytes: int = 64 * MEBIBYTE
    """How much of the vendor's answers is kept."""
