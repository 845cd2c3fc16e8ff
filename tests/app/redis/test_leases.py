"""What a process may use from memory, and for whom a writer waits; the clock is an argument."""

import asyncio

import pytest

from groupgate.app.redis.leases import LEASE, MARGIN, Confirmation, Replicas

pytestmark = pytest.mark.anyio


class Process:
    """A process with one vendor; `drops` counts how often its memory was dropped."""

    def __init__(self) -> None:
        self.own = Replicas("me", longest=45)
        self.drops = 0
        self.own.listen("AXIM", self.drop)
        self.own.subscribed(0)
        self.beat(1, 0.0)
        self.share()

    def share(self) -> None:
        """Drop what the processes share, which the notices do in the background."""
        self.own.doubtful.clear()

    def drop(self) -> None:
        self.drops += 1

    def beat(self, number: int, moment: float, travels: float = 0.1) -> None:
        """Send a heartbeat, which comes back."""
        self.own.beat(number, moment)
        self.own.heard("me", number, moment + travels)

    def confirm(self, write: str) -> Confirmation:
        self.own.confirmations[write] = Confirmation(done=asyncio.Future())
        return self.own.confirmations[write]


def test_a_lease_counts_from_the_sending_of_the_heartbeat() -> None:
    process = Process()
    assert process.own.may_use_memory("AXIM", LEASE - 0.01)
    assert not process.own.may_use_memory("AXIM", LEASE)


def test_a_heartbeat_in_time_drops_nothing_and_one_after_the_lease_drops_all() -> None:
    process = Process()
    drops = process.drops
    process.beat(2, 1.0)
    assert (process.drops, process.own.may_use_memory("AXIM", 2.4)) == (drops, True)
    process.beat(3, 2.55)
    assert (process.drops, process.own.may_use_memory("AXIM", 2.6)) == (drops + 1, False)
    process.share()
    assert process.own.may_use_memory("AXIM", 2.6)


def test_a_heartbeat_of_before_the_subscription_gives_no_lease() -> None:
    process = Process()
    process.own.beat(2, 0.2)
    process.own.subscribed(0.3)
    process.own.heard("me", 2, 0.4)
    assert not process.own.may_use_memory("AXIM", 0.5)


def test_the_end_of_another_process_s_write_drops_what_is_in_memory() -> None:
    process = Process()
    drops = process.drops
    process.own.ended("other", "AXIM", "w", 0.5)
    assert (process.drops, process.own.may_use_memory("AXIM", 0.5)) == (drops + 1, True)
    process.own.ended("other", "DODO", "w", 0.5)
    assert process.drops == drops + 1


def test_a_writer_that_falls_silent_closes_the_memory_of_its_vendor_only() -> None:
    process = Process()
    process.own.heard("other", 1, 0.0)
    process.own.began("other", "AXIM", "w", 0.1)
    for number in range(2, 40):
        process.beat(number, number * 1.0)
        assert process.own.may_use_memory("DODO", number + 0.2)
        assert not process.own.may_use_memory("AXIM", number + 0.2)
    drops = process.drops
    process.own.heard("other", 2, 39.2)
    assert process.own.doubtful == {"AXIM"}
    process.share()
    assert (process.drops, process.own.may_use_memory("AXIM", 39.3)) == (drops + 1, True)


def test_a_write_of_a_dead_process_must_have_ended_at_last() -> None:
    process = Process()
    process.own.began("other", "AXIM", "w", 0.1)
    process.beat(2, 45.2)
    process.share()
    assert not process.own.may_use_memory("AXIM", 45.3)
    drops = process.drops
    process.own.sweep(45.3)
    assert process.own.doubtful == {"AXIM"}
    process.share()
    assert (process.drops, process.own.may_use_memory("AXIM", 45.3)) == (drops + 1, True)


def test_a_cancelled_write_drops_nothing() -> None:
    process = Process()
    drops = process.drops
    process.own.began("other", "AXIM", "w", 0.1)
    process.own.cancelled("AXIM", "w")
    assert (process.drops, process.own.may_use_memory("AXIM", 0.5)) == (drops, True)


async def test_a_writer_waits_for_those_with_a_heartbeat() -> None:
    """`early` has not been heard of for longer than a lease; `gone` has stopped."""
    process, start = Process(), LEASE + MARGIN + 0.1
    process.own.heard("early", 1, 0.1)
    process.own.heard("near", 1, start)
    process.own.heard("gone", 1, start)
    confirmation = process.confirm("w")
    process.own.ended("me", "AXIM", "w", start + 0.1)
    assert confirmation.missing == {"near", "gone"}
    process.own.stopped("gone")
    assert not confirmation.done.done()
    confirmation.acknowledge("near")
    assert confirmation.done.done()


async def test_a_writer_waits_for_the_leases_of_those_it_cannot_know() -> None:
    """They have sent their last heartbeat before it has subscribed."""
    process = Process()
    confirmation = process.confirm("w")
    process.own.ended("me", "AXIM", "w", LEASE)
    assert confirmation.done.done()
    assert confirmation.unknown_until == LEASE + MARGIN


async def test_a_writer_waits_for_the_lease_of_one_that_falls_silent() -> None:
    """Counted from the last heartbeat that it has heard, not from its write."""
    process = Process()
    process.own.heard("near", 1, 9.0)
    process.own.heard("silent", 1, 9.2)
    confirmation = process.confirm("w")
    process.own.ended("me", "AXIM", "w", 10.0)
    confirmation.acknowledge("near")
    assert not confirmation.done.done()
    assert confirmation.missing_until == 9.2 + LEASE + MARGIN


def test_what_could_not_be_deleted_is_not_used() -> None:
    """Redis is a replica that accepts no writes."""
    process = Process()
    process.own.ended("other", "AXIM", "w", 0.5, is_deleted=False)
    assert not process.own.may_use_memory("AXIM", 0.6)
    process.share()
    assert process.own.may_use_memory("AXIM", 0.6)


def test_a_stopped_process_uses_nothing() -> None:
    process = Process()
    process.own.close()
    process.beat(2, 0.3)
    assert not process.own.may_use_memory("AXIM", 0.4)
