"""Deadline and RequestScope."""

import asyncio
from math import inf

import pytest

from groupgate.request import Deadline, now, request_scope

pytestmark = pytest.mark.anyio


async def test_no_deadline_is_infinitely_far_away() -> None:
    deadline = Deadline.after(None)
    assert (deadline.is_set, deadline.left) == (False, inf)
    assert await deadline.wait_for(asyncio.sleep(1_000_000, "done")) == "done"


async def test_deadline_returns_the_remaining_seconds() -> None:
    """Of ten seconds, four have passed."""
    deadline = Deadline.after(10)
    await asyncio.sleep(4)
    assert (deadline.left, deadline.within(60).left, deadline.within(5).left) == (6, 6, 5)


async def test_wait_for_raises_timeout_error_exactly_at_the_deadline() -> None:
    started_at = now()
    with pytest.raises(TimeoutError):
        await Deadline.after(3).wait_for(asyncio.sleep(4))
    assert now() - started_at == 3


async def test_extend_moves_a_deadline_only_to_a_later_time() -> None:
    deadline = Deadline.after(3)
    deadline.extend(Deadline.after(2))
    assert deadline.left == 3
    deadline.extend(Deadline.after(7))
    assert deadline.left == 7


async def test_closing_a_scope_cancels_its_running_tasks() -> None:
    with request_scope() as scope:
        task = scope.start(asyncio.sleep(60))
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_closed_scope_cancels_a_new_task_before_it_runs() -> None:
    runs = []

    async def work() -> None:
        runs.append(1)

    with request_scope() as scope:
        pass
    with pytest.raises(asyncio.CancelledError):
        await scope.start(work())
    assert runs == []
