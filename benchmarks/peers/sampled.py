"""`groupgate` with a sampling profiler, for `profile`.

At each interval of CPU time it counts the function that runs. The counts are written as JSON to the
file in PROFILE_OUTPUT when the process ends. Time in C code counts for the Python function that
called it.
"""

import atexit
import json
import os
import signal
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Final

from groupgate.__main__ import main

INTERVAL: Final = 0.002
"""Seconds of CPU time between samples; the kernel may take a longer one."""
START_SIGNAL: Final = signal.SIGUSR1
"""Starts to sample: the start of the gateway and the first requests do not count."""

_counts: Counter[tuple[str, str]] = Counter()


def _sample(_signal: int, frame: FrameType | None) -> None:
    if frame is not None:
        code = frame.f_code
        _counts[code.co_filename, f"{code.co_qualname}:{code.co_firstlineno}"] += 1


def _start(_signal: int, _frame: FrameType | None) -> None:
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)


def _write() -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    rows = [[*where, number] for where, number in _counts.most_common()]
    Path(os.environ["PROFILE_OUTPUT"]).write_text(json.dumps(rows), encoding="utf-8")


if __name__ == "__main__":
    signal.signal(signal.SIGPROF, _sample)
    signal.signal(START_SIGNAL, _start)
    atexit.register(_write)
    main()
