"""Measures how long the machine stalled, to be subtracted where a test limits a duration."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

NAP: Final = 0.01
USUAL_DELAY: Final = 0.01
"""Seconds; a nap that is longer by more than this counts as a stall."""


@dataclass(slots=True)
class Stalls:
    """Seconds for which the system did not run a thread that only had to wake up."""

    seconds: float = 0


@contextmanager
def measure_stalls() -> Iterator[Stalls]:
    """Measure stalls until the end of the block; a busy event loop does not count as one."""
    stalls, ended = Stalls(), threading.Event()

    def nap() -> None:
        while not ended.is_set():
            began = time.monotonic()
            time.sleep(NAP)
            delay = time.monotonic() - began - NAP
            stalls.seconds += delay if delay > USUAL_DELAY else 0

    napping = threading.Thread(target=nap)
    napping.start()
    try:
        yield stalls
    finally:
        ended.set()
        napping.join()
