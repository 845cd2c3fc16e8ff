"""FairQueue: round robin over owners."""

import pytest

from groupgate.request import Deadline
from groupgate.upstream.rate_limit.limiter import FairQueue

pytestmark = pytest.mark.anyio


async def test_owners_are_served_round_robin_in_the_order_of_their_first_calls() -> None:
    queue = FairQueue()
    waiters = {
        name: queue.add(name[0], Deadline()) for name in ("a1", "a2", "a3", "b1", "c1", "b2")
    }
    names = {id(waiter): name for name, waiter in waiters.items()}
    served = [names[id(queue.next())] for _ in waiters]
    assert served == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert not queue


async def test_a_new_owner_waits_for_one_call_of_each_other_owner() -> None:
    queue = FairQueue()
    for owner in ("a", "a", "a", "b"):
        queue.add(owner, Deadline())
    assert (queue.ahead_of("new"), queue.ahead_of("b"), queue.ahead_of("a")) == (2, 3, 4)


async def test_a_removed_waiter_is_not_served() -> None:
    """Removing it twice changes nothing."""
    queue = FairQueue()
    first, second = queue.add("a", Deadline()), queue.add("b", Deadline())
    queue.remove("a", first)
    queue.remove("a", first)
    assert queue.next() is second
    assert not queue
