"""How long this machine stood still: bounds in seconds do not hold in its slow moments."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

NAP: Final = 0.01
USUAL: Final = 0.01
"""Seconds; a nap that is longer by more was one of the machine's own."""


@dataclass(slots=True)
class Stalls:
    """Seconds in which a thread that has nothing to do but to wake up could not."""

    seconds: float = 0


@contextmanager
def stalls() -> Iterator[Stalls]:
    """Measure until the end of the block. What keeps the event loop busy does not count."""
    told, ended = Stalls(), threading.Event()

    def nap() -> None:
        while not ended.is_set():
            began = time.monotonic()
            time.sleep(NAP)
            over = time.monotonic() - began - NAP
            told.seconds += over if over > USUAL else 0

    napping = threading.Thread(target=nap)
    napping.start()
    try:
        yield told
    finally:
        ended.set()
        napping.join()
