"""Coroutines that run at once until they first wait."""

import asyncio
from collections.abc import Awaitable
from contextvars import ContextVar, copy_context

import pytest

from groupgate.coroutines import Begun, Suspended, begin, run_until_suspended, start_task
from groupgate.request import Deadline

pytestmark = pytest.mark.anyio

VALUE: ContextVar[str] = ContextVar("value")


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


async def test_a_started_coroutine_that_does_not_wait_is_done() -> None:
    before = asyncio.all_tasks()
    started = start_task(doubled(4))
    assert (started.done(), started.result()) == (True, 8)
    assert asyncio.all_tasks() == before


async def test_a_started_coroutine_that_fails_is_done() -> None:
    async def fail() -> None:
        raise ValueError("no")

    started = start_task(fail())
    assert started.done()
    with pytest.raises(ValueError, match="no"):
        started.result()


async def test_a_started_coroutine_that_was_cancelled_is_done() -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    assert start_task(cancelled()).cancelled()


async def test_a_started_coroutine_that_waits_is_a_task() -> None:
    event, steps = asyncio.Event(), list[str]()
    started = start_task(after(event, steps))
    assert (started.done(), steps) == (False, ["begun"])
    event.set()
    assert await started == "result"
    assert steps == ["begun", "ended"]


@pytest.mark.parametrize("iterations", [0, 1, 2])
async def test_a_started_task_and_what_it_waits_for_can_be_cancelled(*, iterations: int) -> None:
    """Also before it has continued for the first time."""
    steps = list[str]()
    inner = asyncio.ensure_future(after(asyncio.Event(), steps))
    await asyncio.sleep(0)

    async def wait() -> str:
        return await inner

    started = start_task(wait())
    for _ in range(iterations):
        await asyncio.sleep(0)
    started.cancel()
    with pytest.raises(asyncio.CancelledError):
        await started
    assert inner.cancelled()
    assert steps == ["begun", "cancelled", "ended"]


async def test_a_started_coroutine_has_a_context_of_its_own() -> None:
    event, values = asyncio.Event(), list[str]()

    async def change() -> None:
        values.append(VALUE.get())
        VALUE.set("inner")
        await event.wait()
        values.append(VALUE.get())

    VALUE.set("outer")
    started = start_task(change())
    assert VALUE.get() == "outer"
    event.set()
    await started
    assert (values, VALUE.get()) == (["outer", "inner"], "outer")


async def test_a_timeout_that_begins_before_the_task_ends_only_the_task() -> None:
    """The timeout must not cancel the task that has started the coroutine."""
    steps = list[str]()

    async def limited() -> str:
        async with asyncio.timeout(0.01):
            return await after(asyncio.Event(), steps)

    current = asyncio.current_task()
    started = start_task(limited())
    assert asyncio.current_task() is current
    with pytest.raises(TimeoutError):
        await started
    assert steps == ["begun", "cancelled", "ended"]


async def recorded(event: asyncio.Event, steps: list[str]) -> None:
    """Do the same as `after`, without a result."""
    await after(event, steps)


def begun(event: asyncio.Event, steps: list[str]) -> Begun:
    """Begin a coroutine that waits for an event."""
    found = begin(recorded(event, steps), copy_context())
    assert found is not None
    assert steps == ["begun"]
    return found


async def test_what_has_ended_when_it_has_begun_has_no_rest() -> None:
    async def end() -> None:
        VALUE.set("inner")

    context = copy_context()
    assert begin(end(), context) is None
    assert (context[VALUE], VALUE.get("unset")) == ("inner", "unset")


async def test_the_rest_of_what_has_begun_is_awaited_in_its_own_context() -> None:
    event, values = asyncio.Event(), list[str]()

    async def change() -> None:
        VALUE.set("inner")
        await event.wait()
        values.append(VALUE.get())

    VALUE.set("outer")
    found = begin(change(), copy_context())
    assert found is not None
    asyncio.get_running_loop().call_soon(event.set)
    assert await found.rest() is None
    assert (values, VALUE.get()) == (["inner"], "outer")


async def test_the_rest_of_what_has_begun_may_have_a_task() -> None:
    event, steps = asyncio.Event(), list[str]()
    task = begun(event, steps).start_task()
    event.set()
    await task
    assert steps == ["begun", "ended"]


async def test_who_awaits_the_rest_is_cancelled_with_it() -> None:
    steps = list[str]()
    task = asyncio.ensure_future(wait_for_rest(steps))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert steps == ["begun", "cancelled", "ended"]


async def wait_for_rest(steps: list[str]) -> None:
    await begun(asyncio.Event(), steps).rest()


async def test_a_timeout_of_what_has_begun_ends_it_and_not_who_awaits_the_rest() -> None:
    steps = list[str]()

    async def limited() -> None:
        try:
            async with asyncio.timeout(0.01):
                await after(asyncio.Event(), steps)
        except TimeoutError:
            steps.append("late")

    found = begin(limited(), copy_context())
    assert found is not None
    await found.rest()
    assert steps == ["begun", "cancelled", "ended", "late"]
    current = asyncio.current_task()
    assert current is not None
    assert current.cancelling() == 0
