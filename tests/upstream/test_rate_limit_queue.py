"""The queue: rounds, and how many are ahead."""

import pytest

from groupgate.request import Deadline
from groupgate.upstream.rate_limit.queue import FairQueue

pytestmark = pytest.mark.anyio


async def test_askers_are_served_in_rounds() -> None:
    """One call of each asker in turn, in the order of their first calls."""
    queue = FairQueue()
    calls = {name: queue.add(name[0], Deadline()) for name in ("a1", "a2", "a3", "b1", "c1", "b2")}
    names = {id(call): name for name, call in calls.items()}
    served = [names[id(queue.next())] for _ in calls]
    assert served == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert not queue


async def test_a_newcomer_is_behind_one_call_of_each() -> None:
    """However many calls another asker has waiting."""
    queue = FairQueue()
    for asker in ("a", "a", "a", "b"):
        queue.add(asker, Deadline())
    assert (queue.ahead_of("new"), queue.ahead_of("b"), queue.ahead_of("a")) == (2, 3, 4)


async def test_what_is_taken_back_is_not_served() -> None:
    """An asker whose last call is taken back is out of the rounds."""
    queue = FairQueue()
    first, second = queue.add("a", Deadline()), queue.add("b", Deadline())
    queue.remove("a", first)
    queue.remove("a", first)
    assert queue.next() is second
    assert not queue
