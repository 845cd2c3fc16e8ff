"""What one process knows of the others: its lease, their heartbeats, and writes in progress.

This module does no I/O: `app/redis/write_notices.py` sends and receives the notices. All moments
are on the event loop's clock of this process.

The promise: when the client of a write has its answer, no process answers a later request with
anything that was read from the vendor before the write. The argument:

1. Redis delivers the notices on one subscription in the order in which they were published. Every
   process publishes heartbeats and receives its own. A heartbeat that comes back proves that all
   notices published before it have been received. From then on the process may use its memory,
   until `LEASE` seconds after the moment when it sent that heartbeat.
2. The end of a write is published before its client has the answer. With the same command Redis
   drops what the processes share (the generation in `app/redis/vendor_responses.py`). A process
   that receives the notice drops what it has of the vendor, also what reads that are running will
   return, and then acknowledges. The writer receives its own notice, too. By (1) it then knows all
   processes with a heartbeat in the last `LEASE` seconds, and waits for each of them.
3. A process whose acknowledgement does not come cannot have received any of its heartbeats that was
   published after the notice, or it would have received the notice. By (1) the writer has heard all
   that were published before. So the lease ends at most `LEASE` seconds after the writer has heard
   the last one. The writer waits that long, and `MARGIN` seconds for clocks that run at different
   speeds. A process that the writer has not heard since its own subscription has sent its last
   heartbeat before that, so its lease ends at most `LEASE` seconds after the subscription.
4. A process that has subscribed anew, or whose lease had ended, drops all it has, and all that the
   processes share, before it uses anything again. If Redis accepts the notice, but cannot drop what
   the processes share, all of them do not use it until one of them can.
5. If Redis does not accept the notice, the writer tries again. Redis serves all processes in turn,
   and each of them in the order of its commands. So while it owes the writer the reply to a command
   of the moment T, it has served no command of later than T, and has returned no heartbeat of later
   than T. The same holds if the connection was lost at T, and the writer has tried in vain to open
   one. Every lease ends at most `LEASE` seconds after T, and (4) follows. The writer need not wait
   longer than that. In a long outage it waits for one attempt only: one of after the end of the
   write, as Redis may have been back before.
6. The beginning of a write is published before it is sent. If its process then falls silent, the
   others use nothing of the vendor until it is heard again, or until the write must have ended.

What (5) assumes: Redis is out of reach for all processes or for none. A process that alone is cut
off before it begins a write tells the others as soon as it is connected again.

A request that is running when a write ends may answer with what it read before: it has begun
before the client of the write had the answer.
"""

from asyncio import Future
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Final

LEASE: Final = 1.5
"""Seconds for which a heartbeat that came back allows a process to use its memory."""

MARGIN: Final = 0.25
"""Seconds that a writer waits in addition, for clocks that run at different speeds."""

FORGET_AFTER: Final = 60.0
"""Seconds after its last heartbeat in which a process is remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignWrite:
    """A write of another process that has begun; it must have ended at `ends_by`."""

    sender: str
    ends_by: float


@dataclass(slots=True, kw_only=True, eq=False)
class Confirmation:
    """The acknowledgements of one write; `done` is set when all are there.

    `missing` is None until the writer has received its own notice.
    """

    done: Future[None]
    acknowledged: set[str] = field(default_factory=set)
    missing: set[str] | None = None
    missing_until: float = inf
    """When the lease of every process ends that has not acknowledged."""
    unknown_until: float = inf
    """When the lease of every process ends that the writer does not know."""

    def acknowledge(self, sender: str) -> None:
        """Note that a process has dropped what it had, or has stopped."""
        self.acknowledged.add(sender)
        self._settle()

    def expect(self, senders: set[str], *, missing_until: float, unknown_until: float) -> None:
        """Set the processes that have to acknowledge, and when the writer need not wait."""
        self.missing = senders
        self.missing_until, self.unknown_until = missing_until, unknown_until
        self._settle()

    def _settle(self) -> None:
        if self.missing is not None and not self.done.done() and self.missing <= self.acknowledged:
            self.done.set_result(None)


class Replicas:
    """The state of one process; `own` is its name, `longest` the seconds of the longest write."""

    def __init__(self, own: str, longest: float) -> None:
        self.own = own
        self.number = 1
        """The last known number of processes, this one included."""
        self.confirmations: dict[str, Confirmation] = {}
        """The writes of this process whose end is being announced."""
        self.doubtful: set[str] = set()
        """Vendors that may have been written to unheard: their shared entries must be dropped."""
        self.clearing: set[str] = set()
        """Vendors whose shared entries are being dropped."""
        self._longest = longest
        self._listeners: dict[str, Callable[[], None]] = {}
        self._sent_at: dict[int, float] = {}
        self._lease_until = -inf
        self._subscribed_at = inf
        self._heard: dict[str, float] = {}
        self._foreign: dict[str, dict[str, ForeignWrite]] = {}
        self._is_closed = False

    def listen(self, vendor: str, on_write: Callable[[], None]) -> None:
        """Call `on_write` when another process may have written to the vendor."""
        self._listeners[vendor] = on_write

    def may_use_memory(self, vendor: str, moment: float) -> bool:
        """Return True if this process knows of every write whose client has its answer."""
        if moment >= self._lease_until or vendor in self.doubtful or vendor in self.clearing:
            return False
        foreign = self._foreign.get(vendor)
        return not foreign or all(self._is_heard(one.sender, moment) for one in foreign.values())

    def subscribed(self, moment: float) -> None:
        """A new subscription begins: notices may have been missed."""
        self._lease_until, self._subscribed_at = -inf, moment
        self._heard.clear()
        self._sent_at.clear()

    def lost(self) -> None:
        """The subscription has ended."""
        self._lease_until = -inf

    def close(self) -> None:
        """Use nothing from memory any longer."""
        self._is_closed = True
        self._lease_until = -inf

    def beat(self, number: int, moment: float) -> None:
        """A heartbeat of this process is about to be sent."""
        self._sent_at[number] = moment

    def heard(self, sender: str, number: int, moment: float) -> None:
        """A heartbeat has arrived."""
        if sender == self.own:
            self._renew(number, moment)
            return
        if not self._is_heard(sender, moment):
            for vendor in self._written_by(sender):
                self.doubt(vendor)
        self._heard[sender] = moment

    def began(self, sender: str, vendor: str, write: str, moment: float) -> None:
        """Another process is about to write."""
        if sender != self.own:
            ends_by = moment + self._longest
            self._foreign.setdefault(vendor, {})[write] = ForeignWrite(
                sender=sender, ends_by=ends_by
            )

    def ended(
        self, sender: str, vendor: str, write: str, moment: float, *, is_deleted: bool = True
    ) -> None:
        """A write has ended; if it is another process's, the caller acknowledges after this.

        `is_deleted` is False if what the processes share of the vendor could not be dropped.
        """
        if not is_deleted:
            self.doubt(vendor)
        if sender == self.own:
            if write in self.confirmations:
                self._expect(self.confirmations[write], moment)
            return
        self.cancelled(vendor, write)
        self._drop(vendor)

    def _expect(self, confirmation: Confirmation, moment: float) -> None:
        alive = {one: at for one, at in self._heard.items() if self._is_heard(one, moment)}
        confirmation.expect(
            {*alive},
            missing_until=max(alive.values(), default=moment) + LEASE + MARGIN,
            unknown_until=self._subscribed_at + LEASE + MARGIN,
        )

    def cancelled(self, vendor: str, write: str) -> None:
        """A write of another process has changed nothing."""
        self._foreign.get(vendor, {}).pop(write, None)

    def stopped(self, sender: str) -> None:
        """Another process uses nothing from memory any longer, and writes no more."""
        if sender == self.own:
            return
        self._heard.pop(sender, None)
        for vendor in [*self._written_by(sender)]:
            self.doubt(vendor)
            foreign = self._foreign[vendor]
            for write in [name for name, one in foreign.items() if one.sender == sender]:
                del foreign[write]
        for confirmation in self.confirmations.values():
            confirmation.acknowledge(sender)

    def sweep(self, moment: float) -> None:
        """Count the processes; forget silent ones, and writes that must have ended."""
        if moment < self._lease_until and moment - self._subscribed_at > LEASE:
            self.number = 1 + sum(self._is_heard(one, moment) for one in self._heard)
        for sender in [one for one, at in self._heard.items() if at < moment - FORGET_AFTER]:
            del self._heard[sender]
        for vendor, foreign in self._foreign.items():
            for write in [name for name, one in foreign.items() if one.ends_by < moment]:
                del foreign[write]
                self.doubt(vendor)

    def _renew(self, number: int, moment: float) -> None:
        sent_at = self._sent_at.pop(number, None)
        if sent_at is None or self._is_closed:
            return
        for older in [one for one in self._sent_at if one < number]:
            del self._sent_at[older]
        if moment >= self._lease_until:
            for vendor in self._listeners:
                self.doubt(vendor)
        self._lease_until = sent_at + LEASE

    def _is_heard(self, sender: str, moment: float) -> bool:
        return moment < self._heard.get(sender, -inf) + LEASE

    def _written_by(self, sender: str) -> Iterator[str]:
        return (
            vendor
            for vendor, foreign in self._foreign.items()
            if any(one.sender == sender for one in foreign.values())
        )

    def _drop(self, vendor: str) -> None:
        if vendor in self._listeners:
            self._listeners[vendor]()

    def doubt(self, vendor: str) -> None:
        """Drop what this process has, and use what the processes share only when it is dropped."""
        if vendor in self._listeners:
            self.doubtful.add(vendor)
        self._drop(vendor)
