"""What `/metrics` reports: of this process, or of all workers of one gateway together."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

import msgspec

from groupgate.app.metrics.counts import Counts
from groupgate.app.metrics.slots import Slot
from groupgate.app.metrics.snapshot import (
    Counted,
    Levels,
    Present,
    Snapshot,
    add_counts,
    merge,
    take_snapshot,
)

INTERVAL: Final = 0.5
"""Seconds between two measurements of the event loop's lag, and between two publications."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Snapshot).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """The number of this process among the workers of a gateway, and the slots of all of them."""

    number: int
    slots: Sequence[Slot]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What `/metrics` reports: the counts and the present state of all processes together."""

    counted: Counted
    present: Present
    pids: Mapping[int, int] | None
    """The processes by the number of their worker; None if the gateway is one process."""


class Measurements:
    """What this process has counted and its present state, and those of the other workers.

    A worker goes on counting where the one before it in its slot has ended, so that the counts of
    all together do not decrease when one is replaced.
    """

    def __init__(self, counts: Counts, levels: Levels, worker: Worker | None = None) -> None:
        self._counts = counts
        self._levels = levels
        self._worker = worker
        own = worker and worker.slots[worker.number]
        self._before = _decode(own.read()).counted if own and own.is_written else None

    def report(self) -> Report:
        """Return what all processes report."""
        if self._worker is None:
            own = take_snapshot(self._counts, self._levels)
            return Report(counted=own.counted, present=own.present, pids=None)
        self.publish()
        slots = enumerate(self._worker.slots)
        found = {number: _decode(slot.read()) for number, slot in slots if slot.is_written}
        counted = reduce(add_counts, (one.counted for one in found.values()))
        running = {number: one for number, one in found.items() if _is_running(one.pid)}
        present = reduce(merge, (one.present for one in running.values()))
        if len(running) < len(self._worker.slots):
            present.is_ready = False
        pids = {number: one.pid for number, one in running.items()}
        return Report(counted=counted, present=present, pids=pids)

    async def run(self) -> None:
        """Measure how late a timer is, and publish, until the task is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            self.publish()
            due = loop.time() + INTERVAL
            await asyncio.sleep(INTERVAL)
            self._counts.loop_lag.observe(max(0.0, loop.time() - due))

    def publish(self) -> None:
        """Put what this process reports into its slot, if there are other workers."""
        if self._worker is None:
            return
        own = take_snapshot(self._counts, self._levels)
        if self._before is not None:
            own.counted = add_counts(self._before, own.counted)
        self._worker.slots[self._worker.number].write(_encode(own))


def _is_running(pid: int) -> bool:
    """True if the process of this user exists; its parent takes notice of its end at once."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
