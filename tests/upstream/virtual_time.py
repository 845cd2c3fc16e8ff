"""An event loop with virtual time: tests of minutes take milliseconds, and times are exact."""

import asyncio
import selectors
from typing import Any, Final

THREAD_SECONDS: Final = 5.0
"""Real seconds in which a thread may end its work, while every task waits and no timer is set."""


class _VirtualTimeSelector(selectors.SelectSelector):
    """Moves the clock to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            ready = super().select(THREAD_SECONDS)  # a thread may still work
        if not ready and timeout is None:
            raise RuntimeError("Deadlock: every task waits, and no timer is set.")
        if not ready and timeout:
            self.now += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock starts at 0 and does not advance while tasks run."""

    def __init__(self) -> None:
        self._virtual_selector = _VirtualTimeSelector()
        super().__init__(self._virtual_selector)

    def time(self) -> float:
        return self._virtual_selector.now


BACKEND: tuple[str, dict[str, Any]] = ("asyncio", {"loop_factory": VirtualTimeLoop})
"""The value of the fixture `anyio_backend`."""
