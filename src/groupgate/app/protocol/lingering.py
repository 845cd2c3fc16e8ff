"""An answer to a body that is not wanted: told at once, and heard although it is still coming."""

import asyncio
from contextlib import suppress
from typing import Final

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

MOST_DROPPED: Final = 32 * 1024 * 1024
LONGEST: Final = 5.0
LONGEST_PAUSE: Final = 0.5
"""Seconds in all, and without a byte: a client that has seen its answer sends no more."""


async def respond_and_drain_body(
    response: Response, scope: Scope, receive: Receive, send: Send
) -> None:
    """Send the whole answer, then read and drop what is still coming before the connection closes.

    A connection that closes over unread bytes is reset, and the client may lose the answer too.
    """

    async def send_open(message: Message) -> None:
        if "body" in message:
            message["more_body"] = True
        await send(message)

    await response(scope, receive, send_open)
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST):
            # A client that waits to be asked for its body is not asked for it.
            await _drop(receive if b"expect" not in dict(scope["headers"]) else _nothing)
    await send({"type": "http.response.body", "body": b""})


async def _drop(receive: Receive) -> None:
    dropped, goes_on = 0, True
    while goes_on and dropped < MOST_DROPPED:
        message = await asyncio.wait_for(receive(), LONGEST_PAUSE)
        dropped += len(message.get("body", b""))
        goes_on = message.get("more_body", False)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
