"""Pages counted from 1, and the pagination object beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from groupgate.sandbox.asgi import Call
from groupgate.sandbox.axim.answers import invalid

T = TypeVar("T")

_MAX_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which page is asked for, and how long a page is."""

    number: int
    limit: int

    def of(self, items: Sequence[T]) -> Sequence[T]:
        """Return the items on this page; none when there are not so many."""
        start = (self.number - 1) * self.limit
        return items[start : start + self.limit]

    def described(self, total: int) -> dict[str, Any]:
        """Return the pagination object; documented keys are page and total, the rest assumed."""
        pages = -(-total // self.limit)
        return {"page": self.number, "limit": self.limit, "total": total, "totalPages": pages}


def asked_page(
    call: Call, *, number: str = "page", limit: str = "limit", default: int = 10, top: int = 50
) -> Page:
    """Return the page a request asks for; a limit above the top is cut down to it (assumed)."""
    return Page(
        number=_positive(call, number, 1),
        limit=min(_positive(call, limit, default), top),
    )


def _positive(call: Call, name: str, default: int) -> int:
    text = call.param(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS and int(text)):
        raise invalid(name)
    return int(text)
