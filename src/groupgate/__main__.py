"""The command `groupgate`, also as `python -m groupgate`.

Imports nothing heavy before `serve` handles signals: the kernel drops SIGTERM to a container's
first process as long as it has no handler, and the imports take a second or more. The Docker image
blocks both signals until then, so that none is dropped while the interpreter starts.
"""

import gc
import os
import signal
import sys
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def main() -> None:
    """Run the command that the arguments name."""
    if sys.argv[1:2] == ["serve"]:
        for number in _SIGNALS:
            signal.signal(number, _exit)
        # Hundreds of modules are imported, and nothing of them is garbage. The server enables it.
        gc.disable()
        # The server reloads files on SIGHUP. Before it starts, there is nothing to reload.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    # Three libraries import rich for terminals if it is installed, which takes 0.1 s.
    sys.modules["rich"] = None  # type: ignore[assignment] # says that there is no such module
    from groupgate.cli.main import run  # noqa: PLC0415 - only after the handlers are set

    run()


def _exit(_number: int, _frame: FrameType | None) -> None:
    """End the process with status 0. Nothing has been served, so there is nothing to finish.

    An exception would be an error of whichever import it interrupts.
    """
    os._exit(0)


if __name__ == "__main__":
    main()
