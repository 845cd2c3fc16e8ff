"""An event loop on which time can be skipped, so that nobody waits for deadlines and rests."""

import asyncio


class SkippingLoop(asyncio.SelectorEventLoop):
    """The usual loop, whose clock can be put forward: what is due by then happens at once."""

    _skipped = 0.0

    def time(self) -> float:
        """Seconds since some fixed moment."""
        return super().time() + self._skipped

    def skip(self, seconds: float) -> None:
        """Put the clock forward."""
        self._skipped += seconds


def skip(seconds: float) -> None:
    """Put the clock of the running loop forward, if it is one of these."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SkippingLoop)
    loop.skip(seconds)
