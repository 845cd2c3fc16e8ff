"""Idempotency keys: what is replayed, what is rejected, and what may run again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse
from graphql.execution.values import VariableValues

from groupgate.app.idempotency import (
    INTERRUPTED,
    REPLAYED,
    Idempotency,
    OperationResult,
)
from groupgate.app.memory_stores import MemoryIdempotencyStore
from groupgate.app.protocol.documents import Operation
from groupgate.app.protocol.request_error import RequestError
from groupgate.schema.guardrails import Cost

pytestmark = pytest.mark.anyio

DONE = OperationResult({"groupUpdate": {"userErrors": []}}, [])
NOT_APPLIED = OperationResult(
    {"groupUpdate": None}, [{"message": "x", "extensions": {"outcome": "NOT_APPLIED"}}]
)
UNKNOWN = OperationResult(
    {"groupUpdate": None}, [{"message": "x", "extensions": {"outcome": "UNKNOWN"}}]
)
PARTIAL = OperationResult({"a": {"userErrors": []}, "b": None}, NOT_APPLIED.errors)
MASKED = OperationResult(
    {"a": None}, [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]
)


def mutation(text: str = "mutation {a}", variables: dict[str, Any] | None = None) -> Operation:
    """Make a mutation."""
    document = parse(text)
    (node,) = document.definitions
    assert isinstance(node, OperationDefinitionNode)
    return Operation(
        text=text,
        document=document,
        name=None,
        node=node,
        variables=variables or {},
        coerced=VariableValues({}, {}),
        cost=Cost(rows=0, upstream_calls=0, points=0),
    )


F, G = mutation("mutation {f}"), mutation("mutation {g}")


async def send(
    store: MemoryIdempotencyStore,
    operation: Operation,
    run: Callable[[], Awaitable[OperationResult]],
) -> tuple[OperationResult, bool]:
    """Send this mutation with the key of all tests; return its result and if it was replayed."""
    result, headers = await Idempotency(store).run("k", "anonymous", operation, run)
    return result, headers == {REPLAYED: "true"}


class Run:
    """Returns these results in turn, and counts its runs."""

    def __init__(self, *results: OperationResult) -> None:
        self.results = list(results)
        self.runs = 0

    async def __call__(self) -> OperationResult:
        self.runs += 1
        return self.results.pop(0)


@pytest.mark.parametrize("result", [DONE, UNKNOWN, PARTIAL, MASKED])
async def test_a_result_that_was_or_may_have_been_applied_is_replayed(
    result: OperationResult,
) -> None:
    """The second request receives the first result, and nothing runs."""
    store, run = MemoryIdempotencyStore(60), Run(result)
    assert await send(store, F, run) == (result, False)
    assert await send(store, F, run) == (result, True)
    assert run.runs == 1


async def test_a_key_can_be_used_again_if_nothing_was_applied() -> None:
    """A failure that changed nothing releases the key."""
    store, run = MemoryIdempotencyStore(60), Run(NOT_APPLIED, DONE)
    assert await send(store, F, run) == (NOT_APPLIED, False)
    assert await send(store, F, run) == (DONE, False)


async def _rejection_of(store: MemoryIdempotencyStore, operation: Operation) -> tuple[int, Any]:
    with pytest.raises(RequestError) as caught:
        await send(store, operation, Run())
    return caught.value.reason.status, caught.value.errors[0]["extensions"]["code"]


async def test_a_key_of_another_request_is_422() -> None:
    store = MemoryIdempotencyStore(60)
    await send(store, F, Run(DONE))
    assert await _rejection_of(store, G) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_a_key_in_use_is_409() -> None:
    """While the first request runs, the same request is 409 and another one 422."""
    store, finished = MemoryIdempotencyStore(60), asyncio.Event()

    async def run() -> OperationResult:
        await finished.wait()
        return DONE

    first = asyncio.ensure_future(send(store, F, run))
    await asyncio.sleep(0)
    assert await _rejection_of(store, F) == (409, "IDEMPOTENCY_KEY_IN_USE")
    assert await _rejection_of(store, G) == (422, "IDEMPOTENCY_KEY_REUSED")
    finished.set()
    assert await first == (DONE, False)


async def test_an_interrupted_run_is_not_repeated() -> None:
    """It may have been applied."""
    store = MemoryIdempotencyStore(60)

    async def run() -> OperationResult:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await send(store, F, run)
    assert await send(store, F, Run(DONE)) == (INTERRUPTED, True)


async def test_results_expire() -> None:
    """The key can then be used for another request."""
    store = MemoryIdempotencyStore(0)
    await send(store, F, Run(DONE))
    assert await send(store, G, Run(DONE)) == (DONE, False)


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"])
async def test_malformed_keys_are_400(key: str) -> None:
    """Nothing runs."""
    run = Run(DONE)
    with pytest.raises(RequestError) as caught:
        await Idempotency(MemoryIdempotencyStore(60)).run(key, "anonymous", mutation(), run)
    assert (caught.value.reason.status, run.runs) == (400, 0)


async def test_requests_without_a_key_always_run() -> None:
    run = Run(DONE, DONE)
    idempotency = Idempotency(MemoryIdempotencyStore(60))
    for _ in range(2):
        assert await idempotency.run(None, "anonymous", mutation(), run) == (DONE, {})
    assert run.runs == 2


async def test_callers_do_not_share_keys() -> None:
    run = Run(DONE, UNKNOWN)
    idempotency = Idempotency(MemoryIdempotencyStore(60))
    assert await idempotency.run("k", "token:a", mutation(), run) == (DONE, {})
    assert await idempotency.run("k", "token:b", mutation(), run) == (UNKNOWN, {})


async def test_the_order_of_variables_does_not_matter() -> None:
    """Another document or another value does."""
    store = MemoryIdempotencyStore(60)
    await send(store, mutation("{a}", {"a": 1, "b": {"c": 2, "d": 3}}), Run(DONE))
    assert await send(store, mutation("{a}", {"b": {"d": 3, "c": 2}, "a": 1}), Run()) == (
        DONE,
        True,
    )
    others = [
        mutation("{b}", {"a": 1, "b": {"c": 2, "d": 3}}),
        mutation("{a}", {"a": 1, "b": {"c": 2, "d": 4}}),
    ]
    for other in others:
        assert await _rejection_of(store, other) == (422, "IDEMPOTENCY_KEY_REUSED")
