"""Several worker processes that serve one address: their start, their signals, their restart.

The parent serves nothing. It forks the workers after it has imported the program and checked the
configuration, so that they share its memory and start at once. uvicorn's own supervisor starts
each worker from the beginning, and waits for ever if a second signal arrives.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final, NoReturn

import structlog

from groupgate.cli.listening import Listener

Work = Callable[[int, Sequence[Listener]], None]
"""Serves on the sockets until a signal arrives, as the worker with this number, from 0."""

RESTART_SECONDS: Final = 1.0
"""The shortest time between two starts of the same worker."""

_FORWARDED: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
_AWAITED: Final = _FORWARDED | {signal.SIGCHLD}
_TICK: Final = 0.5
_LAST_SECONDS: Final = 1.0
"""Seconds in which workers end themselves after a second signal."""

_SIGNAL_STATUS: Final = 128
_STANDARD_INPUT: Final = 0

_log = structlog.get_logger()


class Workers:
    """Runs one worker on each list of sockets, and another one in the place of each that ends.

    The sockets of a worker stay open while it is replaced, so no connection to them is lost.
    """

    def __init__(self, work: Work, sockets: Sequence[Sequence[Listener]]) -> None:
        self._work = work
        self._sockets = sockets
        self._numbers: dict[int, int] = {}
        """The number of each worker by its process id."""
        self._started_at = [0.0] * len(sockets)
        self._missing = set(range(len(sockets)))
        self._stopped_by: int | None = None
        self._has_terminal = os.isatty(_STANDARD_INPUT)

    def run(self) -> int:
        """Run the workers until a signal arrives and all of them have ended; return the status."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
        while self._stopped_by is None or self._numbers:
            if self._stopped_by is None:
                self._start_missing()
            found = signal.sigtimedwait(_AWAITED, _TICK)
            if found is not None and found.si_signo != signal.SIGCHLD:
                self._handle(found.si_signo)
            self._reap()
        return 0

    def _start_missing(self) -> None:
        for number in sorted(self._missing):
            if time.monotonic() - self._started_at[number] >= RESTART_SECONDS:
                self._missing.remove(number)
                self._started_at[number] = time.monotonic()
                self._start(number)

    def _start(self, number: int) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            self._become_worker(number)
        self._numbers[child] = number

    def _become_worker(self, number: int) -> NoReturn:
        """Serve in the forked process, and end it."""
        status = 1
        try:
            # Ctrl+C signals the whole process group of the terminal, and a worker takes a second
            # signal as the wish to end at once.
            os.setpgrp()
            own = self._sockets[number]
            for sockets in self._sockets:
                for one in sockets:
                    if one not in own:
                        one.close()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _AWAITED)
            self._work(number, own)
            status = 0
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
        except BaseException:  # noqa: BLE001 - it is logged, and must not reach the parent's code
            _log.critical("worker_failed", exc_info=True)
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _handle(self, number: int) -> None:
        if number == signal.SIGHUP and (not self._has_terminal or os.isatty(_STANDARD_INPUT)):
            self._send(signal.SIGHUP)
        elif self._stopped_by is None:
            self._stopped_by = number
            self._send(signal.SIGTERM)
            # The kernel accepts connections as long as any process has the socket.
            for sockets in self._sockets:
                for one in sockets:
                    one.close()
        else:
            self._end_at_once(number)

    def _end_at_once(self, number: int) -> NoReturn:
        self._send(signal.SIGINT)  # a worker ignores a second SIGTERM
        until = time.monotonic() + _LAST_SECONDS
        while self._numbers and time.monotonic() < until:
            signal.sigtimedwait({signal.SIGCHLD}, _TICK)
            self._reap()
        self._send(signal.SIGKILL)
        os._exit(_SIGNAL_STATUS + number)

    def _send(self, number: int) -> None:
        for child in self._numbers:
            os.kill(child, number)

    def _reap(self) -> None:
        """Note which workers have ended, and log those that should not have."""
        while self._numbers:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                return
            number = self._numbers.pop(child)
            self._missing.add(number)
            code = os.waitstatus_to_exitcode(status)
            if self._stopped_by is None or code:
                _log.error("worker_ended", worker=number, status=code)
