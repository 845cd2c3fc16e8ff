"""A fault that holds calls until the test releases them, and notices when they are abandoned."""

import asyncio

from tests.faults.faults import no_fault
from tests.faults.proxy import Call


class HeldCalls:
    """Holds calls whose method starts with `method`; other calls are forwarded at once."""

    def __init__(self, method: bytes = b"") -> None:
        self.arrived = asyncio.Event()
        """Set when a call has arrived."""
        self.abandoned = asyncio.Event()
        """Set when the gateway has closed the connection of a held call."""
        self._released = asyncio.Event()
        self._method = method

    def release(self) -> None:
        """Forward the held calls, and all later ones at once."""
        self._released.set()

    async def __call__(self, call: Call) -> None:
        """Hold one call."""
        if not call.request.startswith(self._method):
            await no_fault(call)
            return
        self.arrived.set()
        closed = asyncio.ensure_future(call.reader.read())
        released = asyncio.ensure_future(self._released.wait())
        await asyncio.wait({closed, released}, return_when=asyncio.FIRST_COMPLETED)
        if released.done():
            closed.cancel()
            await no_fault(call)
        else:
            released.cancel()
            self.abandoned.set()
            await closed
