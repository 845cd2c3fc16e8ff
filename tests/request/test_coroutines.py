"""Coroutines that run at once until they first wait."""

import asyncio
from collections.abc import Awaitable

import pytest

from groupgate.coroutines import Suspended, run_until_suspended, start_task
from groupgate.request import Deadline

pytestmark = pytest.mark.anyio


async def doubled(number: int) -> int:
    return 2 * number


async def after(event: asyncio.Event, steps: list[str]) -> str:
    """Wait for the event; record what happens."""
    steps.append("begun")
    try:
        await event.wait()
    except asyncio.CancelledError:
        steps.append("cancelled")
        raise
    finally:
        steps.append("ended")
    return "result"


def rest_of(work: Awaitable[str]) -> Awaitable[str]:
    """Run a coroutine that waits; return its rest."""
    with pytest.raises(Suspended) as suspended:
        run_until_suspended(work)
    rest: Awaitable[str] = suspended.value.rest
    return rest


async def test_what_does_not_wait_is_done_at_once() -> None:
    assert run_until_suspended(doubled(2)) == 4


async def test_what_it_raises_is_raised() -> None:
    async def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run_until_suspended(fail())


async def test_the_rest_of_what_waits_is_awaited() -> None:
    event, steps = asyncio.Event(), list[str]()
    rest = rest_of(after(event, steps))
    assert steps == ["begun"]
    asyncio.get_running_loop().call_soon(event.set)
    assert await rest == "result"
    assert steps == ["begun", "ended"]


async def test_it_may_wait_several_times() -> None:
    async def count() -> str:
        for _ in range(3):
            await asyncio.sleep(0)
        return "counted"

    assert await rest_of(count()) == "counted"


async def test_the_cancellation_of_the_rest_reaches_the_coroutine() -> None:
    steps = list[str]()

    async def wait() -> str:
        return await rest_of(after(asyncio.Event(), steps))

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert steps == ["begun", "cancelled", "ended"]


async def test_a_coroutine_may_go_on_after_a_cancellation() -> None:
    """As in a task of its own, it decides what an exception means."""

    async def survive() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
        return "survived"

    async def wait() -> str:
        return await rest_of(survive())

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "survived"


async def test_a_future_is_not_run_but_awaited() -> None:
    future = asyncio.get_running_loop().create_future()
    future.set_result("ready")
    assert await rest_of(future) == "ready"


async def test_a_deadline_sets_no_timer_for_what_does_not_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timers: list[float | None] = []
    timeout_at = asyncio.timeout_at

    def record(at: float | None) -> asyncio.Timeout:
        timers.append(at)
        return timeout_at(at)

    monkeypatch.setattr(asyncio, "timeout_at", record)
    deadline = Deadline.after(60)
    assert await deadline.wait_for(doubled(3)) == 6
    assert timers == []
    event = asyncio.Event()
    asyncio.get_running_loop().call_soon(event.set)
    assert await deadline.wait_for(after(event, [])) == "result"
    assert timers == [deadline.at]


async def test_a_deadline_ends_what_waits_too_long() -> None:
    steps = list[str]()
    with pytest.raises(TimeoutError):
        await Deadline.after(0.01).wait_for(after(asyncio.Event(), steps))
    assert steps == ["begun", "cancelled", "ended"]


async def test_a_task_has_a_result_in_every_version_of_python() -> None:
    assert await start_task(doubled(4)) == 8
