"""A key runs a mutation once: what is remembered, what is refused, what may be tried again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse
from groupgate.app.protocol.request_error import RequestError

from groupgate.app.idempotency import (
    BROKEN_OFF,
    REPLAYED,
    Idempotency,
    MemoryStore,
    OperationResult,
)
from groupgate.app.protocol.operation import Operation
from groupgate.schema.guardrails import Cost

pytestmark = pytest.mark.anyio

DONE = OperationResult({"groupUpdate": {"userErrors": []}}, [])
NOT_APPLIED = OperationResult(
    {"groupUpdate": None}, [{"message": "x", "extensions": {"outcome": "NOT_APPLIED"}}]
)
UNKNOWN = OperationResult(
    {"groupUpdate": None}, [{"message": "x", "extensions": {"outcome": "UNKNOWN"}}]
)
HALF = OperationResult({"a": {"userErrors": []}, "b": None}, NOT_APPLIED.errors)
MASKED = OperationResult(
    {"a": None}, [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]
)


def asked(text: str = "mutation {a}", variables: dict[str, Any] | None = None) -> Operation:
    """A mutation."""
    document = parse(text)
    (node,) = document.definitions
    assert isinstance(node, OperationDefinitionNode)
    return Operation(
        text=text,
        document=document,
        name=None,
        node=node,
        variables=variables or {},
        cost=Cost(rows=0, upstream_calls=0, points=0),
    )


F, G = asked("mutation {f}"), asked("mutation {g}")


async def once(
    store: MemoryStore, operation: Operation, run: Callable[[], Awaitable[OperationResult]]
) -> tuple[OperationResult, bool]:
    """Send this mutation under the key that all tests use; return whether it was replayed."""
    outcome, headers = await Idempotency(store).run("k", "anonymous", operation, run)
    return outcome, headers == {REPLAYED: "true"}


class Runner:
    """Runs with these outcomes, and counts."""

    def __init__(self, *outcomes: OperationResult) -> None:
        self.outcomes = list(outcomes)
        self.runs = 0

    async def __call__(self) -> OperationResult:
        self.runs += 1
        return self.outcomes.pop(0)


@pytest.mark.parametrize("outcome", [DONE, UNKNOWN, HALF, MASKED])
async def test_what_was_or_may_have_been_applied_is_answered_again(
    outcome: OperationResult,
) -> None:
    """The second request gets the first result, and nothing runs."""
    store, run = MemoryStore(60), Runner(outcome)
    assert await once(store, F, run) == (outcome, False)
    assert await once(store, F, run) == (outcome, True)
    assert run.runs == 1


async def test_what_was_not_applied_may_be_sent_again_with_its_key() -> None:
    """A failure that is known to have changed nothing leaves the key free."""
    store, run = MemoryStore(60), Runner(NOT_APPLIED, DONE)
    assert await once(store, F, run) == (NOT_APPLIED, False)
    assert await once(store, F, run) == (DONE, False)


async def _refusal(store: MemoryStore, operation: Operation) -> tuple[int, Any]:
    with pytest.raises(RequestError) as caught:
        await once(store, operation, Runner())
    return caught.value.reason.status, caught.value.errors[0]["extensions"]["code"]


async def test_a_key_is_good_for_one_request_only() -> None:
    """Another body under the same key is 422."""
    store = MemoryStore(60)
    await once(store, F, Runner(DONE))
    assert await _refusal(store, G) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_a_key_in_use_is_told_so() -> None:
    """While the first runs, the same request is 409, another one 422."""
    store, access_control = MemoryStore(60), asyncio.Event()

    async def run() -> OperationResult:
        await access_control.wait()
        return DONE

    first = asyncio.ensure_future(once(store, F, run))
    await asyncio.sleep(0)
    assert await _refusal(store, F) == (409, "IDEMPOTENCY_KEY_IN_USE")
    assert await _refusal(store, G) == (422, "IDEMPOTENCY_KEY_REUSED")
    access_control.set()
    assert await first == (DONE, False)


async def test_a_run_that_breaks_off_is_not_run_again() -> None:
    """It may have been applied, and nobody knows."""
    store = MemoryStore(60)

    async def run() -> OperationResult:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await once(store, F, run)
    assert await once(store, F, Runner(DONE)) == (BROKEN_OFF, True)


async def test_results_are_forgotten_after_their_time() -> None:
    """A key may then be used anew."""
    store = MemoryStore(0)
    await once(store, F, Runner(DONE))
    assert await once(store, G, Runner(DONE)) == (DONE, False)


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"])
async def test_odd_keys_are_refused(key: str) -> None:
    """With status 400, and nothing runs."""
    run = Runner(DONE)
    with pytest.raises(RequestError) as caught:
        await Idempotency(MemoryStore(60)).run(key, "anonymous", asked(), run)
    assert (caught.value.reason.status, run.runs) == (400, 0)


async def test_without_a_key_every_request_runs() -> None:
    """As often as it is sent."""
    run = Runner(DONE, DONE)
    idempotency = Idempotency(MemoryStore(60))
    for _ in range(2):
        assert await idempotency.run(None, "anonymous", asked(), run) == (DONE, {})
    assert run.runs == 2


async def test_callers_do_not_share_keys() -> None:
    """Nobody sees another's result."""
    run = Runner(DONE, UNKNOWN)
    idempotency = Idempotency(MemoryStore(60))
    assert await idempotency.run("k", "token:a", asked(), run) == (DONE, {})
    assert await idempotency.run("k", "token:b", asked(), run) == (UNKNOWN, {})


async def test_the_order_of_variables_makes_no_difference() -> None:
    """Another document or variable does."""
    store = MemoryStore(60)
    await once(store, asked("{a}", {"a": 1, "b": {"c": 2, "d": 3}}), Runner(DONE))
    assert await once(store, asked("{a}", {"b": {"d": 3, "c": 2}, "a": 1}), Runner()) == (
        DONE,
        True,
    )
    others = [
        asked("{b}", {"a": 1, "b": {"c": 2, "d": 3}}),
        asked("{a}", {"a": 1, "b": {"c": 2, "d": 4}}),
    ]
    for other in others:
        assert await _refusal(store, other) == (422, "IDEMPOTENCY_KEY_REUSED")
