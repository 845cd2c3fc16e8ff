"""One call together with the catalogue that it reads or writes."""

from dataclasses import dataclass
from typing import Any

from groupgate.sandbox.asgi import NO_JSON, Call
from groupgate.sandbox.dodo.catalog import Catalog
from groupgate.sandbox.dodo.errors import invalid_body, invalid_query
from groupgate.sandbox.dodo.shapes import MOST_INT32, Shape

_PAGE_SIZE, _MOST_PER_PAGE = 10, 100
_FLAGS = {None: None, "true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a handler is given."""

    catalog: Catalog
    call: Call

    def body(self, shape: Shape) -> Any:
        """Return the body in this shape."""
        if self.call.json is NO_JSON:
            raise invalid_body("Request body is not JSON")
        return shape(self.call.json, "")

    def flag(self, name: str) -> bool | None:
        """Return a boolean query parameter; None if it was not sent."""
        sent = self.call.param(name)
        if sent not in _FLAGS:
            raise invalid_query(f"{name}: expected true or false")
        return _FLAGS[sent]

    def page(self) -> slice:
        """Return the part of a list that is asked for: pages from 0, of 10, at most 100."""
        number = self._count("page_number", 0, MOST_INT32)
        # Above 100 the vendor may refuse or clamp, nobody says; refusing shows the mistake.
        size = self._count("page_size", _PAGE_SIZE, _MOST_PER_PAGE)
        return slice(number * size, (number + 1) * size)

    def _count(self, name: str, default: int, most: int) -> int:
        sent = self.call.param(name)
        if sent is None:
            return default
        plain = sent.isascii() and sent.isdecimal() and len(sent) <= len(str(most))
        if not plain or int(sent) > most:
            raise invalid_query(f"{name}: expected 0 to {most}")
        return int(sent)
