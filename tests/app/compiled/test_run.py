"""The run of a plan: it continues the coroutines of resolvers itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import pytest
import strawberry
from graphql import OperationDefinitionNode, get_operation_ast, parse
from graphql.execution.values import VariableValues

from groupgate.app.compiled import QueryPlan, QueryPlans
from groupgate.coroutines import run_until_suspended
from groupgate.loaders.dataloaders import Batches, BatchLoader
from groupgate.request import request_scope

VALUE: ContextVar[str] = ContextVar("value", default="unset")
WAITS: dict[str, Callable[[], Awaitable[str]]] = {}
"""What the fields wait for, by the argument `of`."""


@strawberry.type
class Query:
    """Fields that wait for what a test gives them."""

    @strawberry.field
    async def wait(self, of: str) -> str:
        """Wait; the context variable is the field's own."""
        VALUE.set(of)
        found = await WAITS[of]()
        return f"{found} {VALUE.get()}"

    @strawberry.field
    def describe(self, info: strawberry.Info[Any, None], of: str) -> str:
        """Return what the info says."""
        path = [*info.path.as_list(), info.field_name, info.python_name]
        return f"{of} {info.context} {path} {info.variable_values}"


def plan_of(query: str) -> QueryPlan:
    """Compile a query."""
    schema = strawberry.Schema(Query)._schema
    document = parse(query)
    node = get_operation_ast(document)
    assert isinstance(node, OperationDefinitionNode)
    plan = QueryPlans(schema).find(document, node, query, VariableValues({}, {}))
    assert plan is not None
    return plan


async def run(query: str) -> dict[str, Any] | None:
    """Run a query without context and variables."""
    return await plan_of(query).run(None, VariableValues({}, {}))


@asynccontextmanager
async def counted_tasks() -> AsyncIterator[list[str]]:
    """Collect the names of the coroutines for which tasks are made inside."""
    loop, names = asyncio.get_running_loop(), list[str]()

    def make(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
        names.append(work.__qualname__)
        return asyncio.Task(work, loop=loop, **options)

    loop.set_task_factory(make)
    try:
        yield names
    finally:
        loop.set_task_factory(None)


def later(value: str, *, iterations: int) -> Callable[[], Awaitable[str]]:
    """Return what waits for a future that is set after some iterations of the event loop."""

    def begin() -> Awaitable[str]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[str] = loop.create_future()

        def count(left: int) -> None:
            if left:
                loop.call_soon(count, left - 1)
            elif not future.done():
                future.set_result(value)

        count(iterations)
        return future

    return begin


@pytest.mark.anyio
async def test_fields_that_wait_need_no_tasks() -> None:
    """They end in any order, and each has its context; the response has the document's order."""
    WAITS.update(slow=later("1", iterations=5), fast=later("2", iterations=1))
    async with counted_tasks() as tasks:
        data = await run('{ slow: wait(of: "slow") fast: wait(of: "fast") }')
    assert data == {"slow": "1 slow", "fast": "2 fast"}
    assert list(data) == ["slow", "fast"]
    assert (tasks, VALUE.get()) == ([], "unset")


@pytest.mark.anyio
async def test_a_field_that_does_not_wait_is_completed_at_once() -> None:
    async def ready() -> str:
        return "3"

    WAITS.update(ready=ready)
    assert await run('{ wait(of: "ready") }') == {"wait": "3 ready"}


@pytest.mark.anyio
async def test_fields_that_are_found_in_memory_need_no_iteration_of_the_event_loop() -> None:
    """Two levels: what the second one loads, it loads in one batch for all parents."""
    held, batches = Batches(), list[list[int]]()

    async def read(keys: Sequence[int]) -> Mapping[int, str]:
        batches.append([*keys])
        return {key: str(key) for key in keys}

    first, second = BatchLoader(read, held), BatchLoader(read, held)

    def load(key: int) -> Callable[[], Awaitable[str]]:
        async def both() -> str:
            return f"{await first.load(key)}, {await second.load(key + 10)}"

        return both

    WAITS.update(one=load(1), two=load(2))
    work = plan_of('{ one: wait(of: "one") two: wait(of: "two") }').run(
        None, VariableValues({}, {}), held
    )
    data = run_until_suspended(work)
    assert data == {"one": "1, 11 one", "two": "2, 12 two"}
    assert batches == [[1, 2], [11, 12]]
    assert await first.load(3) == "3"


def loading(
    *loaders: BatchLoader[int, str],
) -> Callable[[int], Callable[[], Awaitable[str]]]:
    """Return what makes a field that loads its key from one loader after another."""

    def field(key: int) -> Callable[[], Awaitable[str]]:
        async def load() -> str:
            return ", ".join([str(await loader.load(key)) for loader in loaders])

        return load

    return field


@pytest.mark.anyio
async def test_a_batch_that_waits_alone_needs_no_task() -> None:
    """The run waits for it, and completes all that it finds then before it waits again."""
    held, batches = Batches(), list[list[int]]()

    async def read(keys: Sequence[int]) -> Mapping[int, str]:
        batches.append([*keys])
        if len(batches) != 2:
            await later("", iterations=2)()
        return {key: str(key) for key in keys}

    field = loading(*(BatchLoader(read, held) for _ in range(3)))
    WAITS.update(one=field(1), two=field(2))
    async with counted_tasks() as tasks:
        data = await plan_of('{ one: wait(of: "one") two: wait(of: "two") }').run(
            None, VariableValues({}, {}), held
        )
    assert data == {"one": "1, 1, 1 one", "two": "2, 2, 2 two"}
    assert (batches, tasks) == ([[1, 2]] * 3, [])


@pytest.mark.anyio
async def test_batches_that_wait_at_the_same_time_have_tasks() -> None:
    """None delays the next level of the other."""
    held, order = Batches(), list[str]()

    def reading(name: str, iterations: int) -> BatchLoader[int, str]:
        async def read(keys: Sequence[int]) -> Mapping[int, str]:
            await later("", iterations=iterations)()
            order.append(name)
            return dict.fromkeys(keys, name)

        return BatchLoader(read, held)

    WAITS.update(slow=loading(reading("slow", 9))(1))
    WAITS.update(fast=loading(reading("fast", 1), reading("next", 1))(1))
    data = await plan_of('{ slow: wait(of: "slow") fast: wait(of: "fast") }').run(
        None, VariableValues({}, {}), held
    )
    assert data == {"slow": "slow slow", "fast": "fast, next fast"}
    assert order == ["fast", "next", "slow"]


@pytest.mark.anyio
async def test_a_field_that_fails_does_not_wait_for_a_batch_of_another() -> None:
    held, started = Batches(), asyncio.Event()

    async def read(_keys: Sequence[int]) -> Mapping[int, str]:
        started.set()
        await asyncio.Event().wait()
        return {}

    async def fail() -> str:
        await later("", iterations=1)()
        raise ValueError

    WAITS.update(hang=loading(BatchLoader(read, held))(1), fail=fail)
    work = plan_of('{ hang: wait(of: "hang") fail: wait(of: "fail") }')
    with request_scope():
        assert await work.run(None, VariableValues({}, {}), held) is None
    assert started.is_set()


@pytest.mark.anyio
async def test_a_failed_field_ends_the_run_and_the_others() -> None:
    """graphql-core executes the query then; no coroutine of the run goes on."""
    ended: list[str] = []

    async def hang() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("hang")
        return ""

    async def fail() -> str:
        await later("", iterations=1)()
        raise ValueError

    WAITS.update(hang=hang, fail=fail)
    assert await run('{ hang: wait(of: "hang") fail: wait(of: "fail") }') is None
    assert ended == ["hang"]


@pytest.mark.anyio
async def test_a_cancelled_read_ends_the_run() -> None:
    async def cancelled() -> str:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.cancel)
        return await future

    WAITS.update(cancelled=cancelled)
    assert await run('{ wait(of: "cancelled") }') is None


@pytest.mark.anyio
@pytest.mark.parametrize("waits_before", [False, True])
async def test_what_yields_no_future_is_left_to_graphql_core(*, waits_before: bool) -> None:
    async def pause() -> str:
        if waits_before:
            await later("", iterations=1)()
        await asyncio.sleep(0)
        return ""

    WAITS.update(pause=pause)
    assert await run('{ wait(of: "pause") }') is None


@pytest.mark.anyio
async def test_the_cancellation_of_the_run_closes_its_coroutines() -> None:
    ended: list[str] = []

    async def hang() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("hang")
        return ""

    WAITS.update(hang=hang)
    task = asyncio.create_task(run('{ wait(of: "hang") }'))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["hang"]


@pytest.mark.anyio
async def test_the_info_of_a_resolver_has_all_that_graphql_core_gives_it() -> None:
    query = 'query ($size: Int) { one: describe(of: "it") two: describe(of: "it") }'
    variables = VariableValues({}, {"size": 3})
    fields = "'describe', 'describe'"
    assert await plan_of(query).run("context", variables) == {
        key: f"it context ['{key}', {fields}] {{'size': 3}}" for key in ("one", "two")
    }
