"""The faults that calls meet at random, by name."""

import asyncio
from collections.abc import Mapping
from typing import Final

from tests.faults.faults import (
    answer_lost,
    answered,
    error_inside,
    reset,
    reset_in_body,
    spoiled,
)
from tests.faults.proxy import Call, Fault
from tests.faults.writes.skipping import skip

NO_TROUBLE: Final = "none"
REFUSED: Final = "connection refused"
"""The one fault that is met on the way to the proxy."""
HELD: Final = "held beyond the deadline"
TIMED_OUT: Final = "delivered after the deadline"

_JSON: Final = {"Content_Type": "application/json"}
A_MOMENT: Final = 0.05
"""Seconds in which the gateway has read the answers that were sent, and done as it was told."""


async def _wait_a_second(call: Call) -> None:
    """It is told to wait for a second, which then passes sooner."""
    await answered(429, Retry_After="1")(call)
    asyncio.get_running_loop().call_later(A_MOMENT, skip, 1)


TROUBLES: Final[Mapping[str, Fault]] = {
    "500": answered(500, b'{"message": "no"}', **_JSON),
    "503": answered(503),
    "503 with Retry-After": answered(503, Retry_After="30"),
    "429": answered(429),
    "429 with Retry-After": _wait_a_second,
    "429 with Retry-After beyond the deadline": answered(429, Retry_After="30"),
    "reset": reset,
    "answer lost": answer_lost,
    "reset in the body": reset_in_body,
    "truncated JSON": spoiled(lambda body: body[: len(body) // 2]),
    "invalid JSON": spoiled(lambda body: b"{" + body),
    "another content type": spoiled(lambda body: body, "text/html"),
    "200 with an error inside": answered(200, error_inside(), **_JSON),
    "done, and 200 with an error inside": spoiled(lambda _: error_inside()),
}
"""Those that need nothing but the call."""

NAMES: Final = (*TROUBLES, REFUSED, HELD, TIMED_OUT)
