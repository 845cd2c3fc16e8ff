"""The page size of one endpoint, learnt from the pages that the vendor returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from groupgate.upstream.lenient_json import PartialRows

RowT = TypeVar("RowT")

COMMON_LIMITS: Final = frozenset({10, 20, 25, 50, 100})
"""Page sizes to which APIs limit requests for more.

Without a total, a short first page of this length is checked with one call for the next page, once
for each endpoint and length.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPage(Generic[RowT]):
    """One page as the vendor returned it.

    `total` is the length of the list as the vendor reports it, None if it reports none. `left_out`
    counts rows of the page that could not be decoded.
    """

    rows: Sequence[RowT]
    total: int | None = None
    left_out: int = 0

    @classmethod
    def of(cls, rows: Sequence[RowT], total: int | None = None) -> "RawPage[RowT]":
        """Return the page of these decoded rows."""
        left_out = rows.left_out if isinstance(rows, PartialRows) else 0
        return cls(rows=rows, total=total, left_out=left_out)

    @property
    def received(self) -> int:
        """The number of rows that the vendor returned."""
        return len(self.rows) + self.left_out


@dataclass(slots=True)
class KnownSize:
    """The last known length of a list. Kept as long as the process lives; only a hint."""

    rows: int | None = None


class PageSize:
    """The page size of one endpoint: as requested, until the vendor returns smaller pages.

    Kept as long as the process lives.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._requested = rows
        self._is_total_exact = False
        self._is_supported = False
        self._no_limits: set[int] = set()

    def is_total_trusted(self, page: RawPage[Any], start: int) -> bool:
        """Return True unless the reported total contradicts the rows that were received.

        A total below the rows seen is wrong. One that equals the rows of a full first page may
        count the page instead of the list, until it has once been found to be right.
        """
        if page.total is None or page.total < start + page.received or page.total < 0:
            return False
        is_page_count = start == 0 and page.total == page.received == self.rows
        return self._is_total_exact or not is_page_count

    def may_be_limited(self, received: int) -> bool:
        """Return True if a page that is not full may be as long as the vendor allows."""
        is_limit = received < self.rows and received in COMMON_LIMITS
        return is_limit and not self._is_supported and received not in self._no_limits

    def note_full_page(self) -> None:
        """Remember that the vendor returns pages of this size."""
        self._is_supported = True

    def limit(self, rows: int) -> None:
        """Use smaller pages from now on."""
        if rows not in self._no_limits:
            self.rows = rows

    def reject_limit(self, rows: int) -> None:
        """Remember that pages of this length are not limited: the next page was empty."""
        self._no_limits.add(rows)
        if self.rows == rows:
            self.rows = self._requested

    def confirm_total(self) -> None:
        """Remember that a total equal to the rows of the first page was right."""
        self._is_total_exact = True
