"""What a client gets when a vendor fails: the rows are the table in the README."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from tests.faults.addresses import NOWHERE, black_hole, refusing
from tests.faults.faults import (
    answer_lost,
    answered,
    endless,
    error_inside,
    first,
    garbled,
    held,
    huge,
    none,
    reset,
    reset_in_body,
)
from tests.faults.proxy import Fault

DONE: Final = "done"
"""What stands in the place of a code where there is no error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """What became of one operation of one call."""

    code: str = DONE
    outcome: str | None = None
    retry_after: int | None = None
    calls: int = 1
    """That arrived at the vendor, tries included."""
    is_held: bool = False
    """Whether the vendor holds the change afterwards."""


Address = Callable[[], AbstractContextManager[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A fault, and what a read and a write get."""

    name: str
    read: Got
    write: Got
    fault: Fault = none
    address: Address | None = None
    """Of the vendor, in place of the proxy's."""
    deadline: float = 5.0
    """Seconds; short only where the deadline is the point, for machines have slow moments."""
    exceptions: Mapping[str, Got] = field(default_factory=dict)
    """Writes at vendors where it is another thing."""


@contextmanager
def _nowhere() -> Iterator[str]:
    yield NOWHERE


def _failed(kind: str, calls: int = 1, retry_after: int | None = None) -> Got:
    return Got(code=f"UPSTREAM_{kind}", calls=calls, retry_after=retry_after)


def _not_applied(kind: str, calls: int = 1, retry_after: int | None = None) -> Got:
    return replace(_failed(kind, calls, retry_after), outcome="NOT_APPLIED")


def _unknown(kind: str, retry_after: int | None = None, *, is_held: bool = False) -> Got:
    return replace(_failed(kind, 1, retry_after), outcome="UNKNOWN", is_held=is_held)


_APPLIED = Got(is_held=True)
_UNREAD = {"DODO": _APPLIED}
"""Dodo's answer to the write has no body (documented), so nothing is read but its status."""

ROWS: Final = (
    Row(
        name="connection refused",
        address=refusing,
        read=_failed("UNAVAILABLE", 0),
        write=_not_applied("UNAVAILABLE", 0),
    ),
    Row(
        name="name not found",
        address=_nowhere,
        read=_failed("UNAVAILABLE", 0),
        write=_not_applied("UNAVAILABLE", 0),
    ),
    Row(
        name="no connection in time",
        address=black_hole,
        read=_failed("UNAVAILABLE", 0),
        write=_not_applied("UNAVAILABLE", 0),
    ),
    Row(
        name="no connection by the deadline",
        address=black_hole,
        deadline=0.3,
        read=_failed("UNAVAILABLE", 0),
        write=_not_applied("UNAVAILABLE", 0),
    ),
    Row(
        name="answer later than the deadline",
        fault=held,
        deadline=1.0,
        read=_failed("UNAVAILABLE"),
        write=_unknown("UNAVAILABLE", is_held=True),
    ),
    Row(
        name="reset before the answer",
        fault=reset,
        read=_failed("UNAVAILABLE", 3),
        write=_unknown("UNAVAILABLE"),
    ),
    Row(
        name="reset in the middle of the body",
        fault=reset_in_body,
        read=_failed("UNAVAILABLE", 3),
        write=_unknown("UNAVAILABLE", is_held=True),
    ),
    Row(
        name="done, but the answer is lost",
        fault=answer_lost,
        read=_failed("UNAVAILABLE", 3),
        write=_unknown("UNAVAILABLE", is_held=True),
    ),
    Row(
        name="500",
        fault=answered(500, b'{"message": "no"}', Content_Type="application/json"),
        read=_failed("UNAVAILABLE", 3),
        write=_unknown("UNAVAILABLE"),
    ),
    Row(
        name="502 with HTML",
        fault=answered(502, b"<html>Bad gateway</html>", Content_Type="text/html"),
        read=_failed("UNAVAILABLE", 3),
        write=_unknown("UNAVAILABLE"),
    ),
    Row(
        name="503 with `Retry-After: 30`",
        fault=answered(503, Retry_After="30"),
        read=_failed("UNAVAILABLE", retry_after=30),
        write=_unknown("UNAVAILABLE", retry_after=30),
    ),
    Row(
        name="429 for good",
        fault=answered(429),
        read=_failed("THROTTLED", 3),
        write=_not_applied("THROTTLED", 3),
    ),
    Row(
        name="429 with `Retry-After: 30`",
        fault=answered(429, Retry_After="30"),
        read=_failed("THROTTLED", retry_after=30),
        write=_not_applied("THROTTLED", retry_after=30),
    ),
    Row(
        name="401, the key is revoked",
        fault=answered(401, b'{"message": "no"}', Content_Type="application/json"),
        read=_failed("DENIED"),
        write=_not_applied("DENIED"),
    ),
    Row(
        name="truncated JSON",
        fault=garbled(lambda body: body[: len(body) // 2]),
        read=_failed("PROTOCOL"),
        write=_unknown("PROTOCOL", is_held=True),
        exceptions=_UNREAD,
    ),
    Row(
        name="invalid JSON",
        fault=garbled(lambda body: b"{" + body),
        read=_failed("PROTOCOL"),
        write=_unknown("PROTOCOL", is_held=True),
        exceptions=_UNREAD,
    ),
    Row(
        name="another content type",
        fault=garbled(lambda body: body, "text/html"),
        read=_failed("PROTOCOL"),
        write=_unknown("PROTOCOL", is_held=True),
        exceptions=_UNREAD,
    ),
    Row(
        name="50 MiB",
        fault=huge,
        read=_failed("PROTOCOL"),
        write=_unknown("PROTOCOL", is_held=True),
    ),
    Row(
        name="body without end",
        fault=endless,
        read=_failed("PROTOCOL"),
        write=_unknown("PROTOCOL", is_held=True),
    ),
    Row(
        name="200 with an error inside",
        fault=answered(200, error_inside(), Content_Type="application/json"),
        read=_failed("PROTOCOL"),
        write=_unknown("PROTOCOL"),
    ),
    Row(
        name="429 once, then it is back",
        fault=first(1, answered(429)),
        read=Got(calls=2),
        write=Got(calls=2, is_held=True),
    ),
    Row(
        name="500 twice, then it is back",
        fault=first(2, answered(500)),
        read=Got(calls=3),
        write=_unknown("UNAVAILABLE"),
    ),
)
