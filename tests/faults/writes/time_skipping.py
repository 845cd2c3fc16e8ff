"""An event loop whose clock can be moved forward, so that no test waits for a deadline."""

import asyncio


class TimeSkippingLoop(asyncio.SelectorEventLoop):
    """The usual loop with a clock that can be moved forward; timers due by then run at once."""

    _skipped = 0.0

    def time(self) -> float:
        """Return the monotonic time in seconds, including the skipped time."""
        return super().time() + self._skipped

    def skip(self, seconds: float) -> None:
        """Move the clock forward."""
        self._skipped += seconds


def skip_time(seconds: float) -> None:
    """Move the clock of the running loop forward; it must be a TimeSkippingLoop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, TimeSkippingLoop)
    loop.skip(seconds)
