"""A vendor that takes its time, and notices when it need not go on."""

import asyncio

from tests.faults.faults import none
from tests.faults.proxy import Call


class Holding:
    """The fault of calls that arrive, and are carried out when they are let go.

    Only those whose method begins with these letters; others pass.
    """

    def __init__(self, method: bytes = b"") -> None:
        self.holds = asyncio.Event()
        """Set when a call has arrived."""
        self.given_up = asyncio.Event()
        """Set when the gateway has closed the connection of one."""
        self._let_go = asyncio.Event()
        self._method = method

    def detach_all(self) -> None:
        """Carry out what is held, and all that comes."""
        self._let_go.set()

    async def __call__(self, call: Call) -> None:
        """Meet one call."""
        if not call.request.startswith(self._method):
            await none(call)
            return
        self.holds.set()
        end = asyncio.ensure_future(call.reader.read())
        going = asyncio.ensure_future(self._let_go.wait())
        await asyncio.wait({end, going}, return_when=asyncio.FIRST_COMPLETED)
        if going.done():
            end.cancel()
            await none(call)
        else:
            going.cancel()
            self.given_up.set()
            await end
