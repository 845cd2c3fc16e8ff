"""Deadlines: what is left of the time, and what happens when nothing is."""

import asyncio
from math import inf

import pytest

from groupgate.request import Deadline, now

pytestmark = pytest.mark.anyio


async def test_without_a_deadline_there_is_no_end() -> None:
    """Nothing is set, and infinitely much is left."""
    deadline = Deadline.after(None)
    assert (deadline.is_set, deadline.left) == (False, inf)
    assert await deadline.wait_for(asyncio.sleep(1_000_000, "done")) == "done"


async def test_time_that_passes_is_not_left() -> None:
    """Ten seconds, of which four have passed."""
    deadline = Deadline.after(10)
    await asyncio.sleep(4)
    assert (deadline.left, deadline.within(60).left, deadline.within(5).left) == (6, 6, 5)


async def test_at_the_deadline_the_work_is_cancelled() -> None:
    """Not before, not after."""
    began = now()
    with pytest.raises(TimeoutError):
        await Deadline.after(3).wait_for(asyncio.sleep(4))
    assert now() - began == 3


async def test_a_deadline_is_only_ever_moved_to_later() -> None:
    """The later of two counts."""
    deadline = Deadline.after(3)
    deadline.extend(Deadline.after(2))
    assert deadline.left == 3
    deadline.extend(Deadline.after(7))
    assert deadline.left == 7
