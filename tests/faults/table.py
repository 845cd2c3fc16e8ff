"""The fault table of the README: what a client receives when a vendor fails."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from tests.faults.addresses import UNRESOLVABLE, blackhole_address, refusing_address
from tests.faults.faults import (
    corrupted,
    endless_body,
    error_body,
    first,
    huge_body,
    no_fault,
    reset,
    reset_in_body,
    respond,
    response_delayed,
    response_lost,
)
from tests.faults.proxy import Fault

DONE: Final = "done"
"""Takes the place of an error code if there is no error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The expected result of one operation that takes one call."""

    code: str = DONE
    outcome: str | None = None
    retry_after: int | None = None
    calls: int = 1
    """Calls that arrive at the vendor, retries included."""
    is_held: bool = False
    """True if the vendor holds the change afterwards."""


Address = Callable[[], AbstractContextManager[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A fault and the expected result of a read and of a write."""

    name: str
    read: Expected
    write: Expected
    fault: Fault = no_fault
    address: Address | None = None
    """The vendor's address; by default it is that of the proxy."""
    deadline: float = 5.0
    """Seconds; short only where the deadline is tested, because a machine can be slow at times."""
    is_temporary: bool = False
    """True if only the first calls meet the fault."""
    exceptions: Mapping[str, Expected] = field(default_factory=dict)
    """Expected results of the write by vendor, where they differ."""


@contextmanager
def _unresolvable_address() -> Iterator[str]:
    yield UNRESOLVABLE


def _failed(kind: str, calls: int = 1, retry_after: int | None = None) -> Expected:
    return Expected(code=f"UPSTREAM_{kind}", calls=calls, retry_after=retry_after)


def _not_applied(kind: str, calls: int = 1, retry_after: int | None = None) -> Expected:
    return replace(_failed(kind, calls, retry_after), outcome="NOT_APPLIED")


def _unknown(
    kind: str, retry_after: int | None = None, *, calls: int = 1, is_held: bool = False
) -> Expected:
    return replace(_failed(kind, calls, retry_after), outcome="UNKNOWN", is_held=is_held)


_APPLIED = Expected(is_held=True)
_VERIFIED = Expected(calls=2, is_held=True)
"""A read after the write confirms it."""
_NOT_VERIFIED = _unknown("PROTOCOL", calls=2, is_held=True)
"""The read after the write fails too."""
_UNREAD = {"DODO": _APPLIED}
"""Dodo's response to the write has no body (documented), so text in it is not interpreted."""

ROWS: Final = (
    Row(
        name="connection refused",
        address=refusing_address,
        read=_failed("UNAVAILABLE", 0),
        write=_not_applied("UNAVAILABLE", 0),
    ),
    Row(
        name="name not found",
        address=_unresolvable_address,
        read=_failed("UNAVAILABLE", 0),
        write=_not_applied("UNAVAILABLE", 0),
    ),
    Row(
        name="no connection in time",
        address=blackhole_address,
        read=_failed("UNAVAILABLE", 0),
        write=_not_applied("UNAVAILABLE", 0),
    ),
    Row(
        name="no connection by the deadline",
        address=blackhole_address,
        deadline=0.3,
        read=_failed("UNAVAILABLE", 0),
        write=_not_applied("UNAVAILABLE", 0),
    ),
    Row(
        name="response after the deadline",
        fault=response_delayed,
        deadline=1.0,
        read=_failed("UNAVAILABLE"),
        write=_unknown("UNAVAILABLE", is_held=True),
    ),
    Row(
        name="reset before the response",
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
        name="applied, but the response is lost",
        fault=response_lost,
        read=_failed("UNAVAILABLE", 3),
        write=_unknown("UNAVAILABLE", is_held=True),
    ),
    Row(
        name="500",
        fault=respond(500, b'{"message": "no"}', Content_Type="application/json"),
        read=_failed("UNAVAILABLE", 3),
        write=_unknown("UNAVAILABLE"),
    ),
    Row(
        name="502 with HTML",
        fault=respond(502, b"<html>Bad gateway</html>", Content_Type="text/html"),
        read=_failed("UNAVAILABLE", 3),
        write=_unknown("UNAVAILABLE"),
    ),
    Row(
        name="503 with `Retry-After: 30`",
        fault=respond(503, Retry_After="30"),
        read=_failed("UNAVAILABLE", retry_after=30),
        write=_unknown("UNAVAILABLE", retry_after=30),
    ),
    Row(
        name="429 on every try",
        fault=respond(429),
        read=_failed("THROTTLED", 3),
        write=_not_applied("THROTTLED", 3),
    ),
    Row(
        name="429 with `Retry-After: 30`",
        fault=respond(429, Retry_After="30"),
        read=_failed("THROTTLED", retry_after=30),
        write=_not_applied("THROTTLED", retry_after=30),
    ),
    Row(
        name="401, the key is revoked",
        fault=respond(401, b'{"message": "no"}', Content_Type="application/json"),
        read=_failed("DENIED"),
        write=_not_applied("DENIED"),
    ),
    Row(
        name="truncated JSON",
        fault=corrupted(lambda body: body[: len(body) // 2]),
        read=_failed("PROTOCOL"),
        write=_NOT_VERIFIED,
        exceptions=_UNREAD,
    ),
    Row(
        name="truncated JSON once, then a normal response",
        fault=first(1, corrupted(lambda body: body[: len(body) // 2])),
        is_temporary=True,
        read=_failed("PROTOCOL"),
        write=_VERIFIED,
        exceptions=_UNREAD,
    ),
    Row(
        name="invalid JSON",
        fault=corrupted(lambda body: b"{" + body),
        read=_failed("PROTOCOL"),
        write=_NOT_VERIFIED,
        exceptions=_UNREAD,
    ),
    Row(
        name="JSON with the content type of HTML",
        fault=corrupted(lambda body: body, "text/html"),
        read=Expected(),
        write=_APPLIED,
    ),
    Row(
        name="200 without a body",
        fault=corrupted(lambda _body: b""),
        read=_failed("PROTOCOL"),
        write=_APPLIED,
    ),
    Row(
        name="200 with an HTML page",
        fault=corrupted(lambda _body: b"<html>Maintenance</html>", "text/html"),
        read=_failed("PROTOCOL"),
        write=_NOT_VERIFIED,
    ),
    Row(
        name="200 with an HTML page once, then a normal response",
        fault=first(1, corrupted(lambda _body: b"<html>Maintenance</html>", "text/html")),
        is_temporary=True,
        read=_failed("PROTOCOL"),
        write=_VERIFIED,
    ),
    Row(
        name="200 with an HTML page once, and the change is not applied",
        fault=first(1, respond(200, b"<html>Maintenance</html>", Content_Type="text/html")),
        is_temporary=True,
        read=_failed("PROTOCOL"),
        write=_not_applied("PROTOCOL", 2),
    ),
    Row(
        name="50 MiB",
        fault=huge_body,
        read=_failed("PROTOCOL"),
        write=_NOT_VERIFIED,
    ),
    Row(
        name="50 MiB once, then a normal response",
        fault=first(1, huge_body),
        is_temporary=True,
        read=_failed("PROTOCOL"),
        write=_VERIFIED,
    ),
    Row(
        name="endless body",
        fault=endless_body,
        read=_failed("PROTOCOL"),
        write=_NOT_VERIFIED,
    ),
    Row(
        name="200 with an error in the body",
        fault=respond(200, error_body(), Content_Type="application/json"),
        read=_failed("PROTOCOL"),
        write=_unknown("PROTOCOL"),
    ),
    Row(
        name="429 once, then a normal response",
        fault=first(1, respond(429)),
        is_temporary=True,
        read=Expected(calls=2),
        write=Expected(calls=2, is_held=True),
    ),
    Row(
        name="500 twice, then a normal response",
        fault=first(2, respond(500)),
        is_temporary=True,
        read=Expected(calls=3),
        write=_unknown("UNAVAILABLE"),
    ),
)
