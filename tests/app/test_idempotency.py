"""A key runs a mutation once: what is remembered, what is refused, what may be tried again."""

import asyncio
from typing import Any

import pytest

from groupgate.app.idempotency import (
    BROKEN_OFF,
    MemoryStore,
    Outcome,
    checked_key,
    fingerprint_of,
    once,
)
from groupgate.app.protocol.refusal import Refusal

pytestmark = pytest.mark.anyio

DONE = Outcome({"groupUpdate": {"userErrors": []}}, [])
NOT_APPLIED = Outcome(
    {"groupUpdate": None}, [{"message": "x", "extensions": {"outcome": "NOT_APPLIED"}}]
)
UNKNOWN = Outcome({"groupUpdate": None}, [{"message": "x", "extensions": {"outcome": "UNKNOWN"}}])
HALF = Outcome({"a": {"userErrors": []}, "b": None}, NOT_APPLIED.errors)
MASKED = Outcome({"a": None}, [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}])


class Runner:
    """Runs with these outcomes, and counts."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.runs = 0

    async def __call__(self) -> Outcome:
        self.runs += 1
        return self.outcomes.pop(0)


@pytest.mark.parametrize("outcome", [DONE, UNKNOWN, HALF, MASKED])
async def test_what_was_or_may_have_been_applied_is_answered_again(outcome: Outcome) -> None:
    """The second request gets the first result, and nothing runs."""
    store, run = MemoryStore(60), Runner(outcome)
    assert await once(store, "k", "f", run) == (outcome, False)
    assert await once(store, "k", "f", run) == (outcome, True)
    assert run.runs == 1


async def test_what_was_not_applied_may_be_sent_again_with_its_key() -> None:
    """A failure that is known to have changed nothing leaves the key free."""
    store, run = MemoryStore(60), Runner(NOT_APPLIED, DONE)
    assert await once(store, "k", "f", run) == (NOT_APPLIED, False)
    assert await once(store, "k", "f", run) == (DONE, False)


async def _refusal(store: MemoryStore, fingerprint: str) -> tuple[int, Any]:
    with pytest.raises(Refusal) as caught:
        await once(store, "k", fingerprint, Runner())
    return caught.value.reason.status, caught.value.errors[0]["extensions"]["code"]


async def test_a_key_is_good_for_one_request_only() -> None:
    """Another body under the same key is 422."""
    store = MemoryStore(60)
    await once(store, "k", "f", Runner(DONE))
    assert await _refusal(store, "g") == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_a_key_in_use_is_told_so() -> None:
    """While the first runs, the same request is 409, another one 422."""
    store, gate = MemoryStore(60), asyncio.Event()

    async def run() -> Outcome:
        await gate.wait()
        return DONE

    first = asyncio.ensure_future(once(store, "k", "f", run))
    await asyncio.sleep(0)
    assert await _refusal(store, "f") == (409, "IDEMPOTENCY_KEY_IN_USE")
    assert await _refusal(store, "g") == (422, "IDEMPOTENCY_KEY_REUSED")
    gate.set()
    assert await first == (DONE, False)


async def test_a_run_that_breaks_off_is_not_run_again() -> None:
    """It may have been applied, and nobody knows."""
    store = MemoryStore(60)

    async def run() -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await once(store, "k", "f", run)
    assert await once(store, "k", "f", Runner(DONE)) == (BROKEN_OFF, True)


async def test_results_are_forgotten_after_their_time() -> None:
    """A key may then be used anew."""
    store = MemoryStore(0)
    await once(store, "k", "f", Runner(DONE))
    assert await once(store, "k", "g", Runner(DONE)) == (DONE, False)


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\tb"])
def test_odd_keys_are_refused(key: str) -> None:
    """With status 400."""
    with pytest.raises(Refusal) as caught:
        checked_key(key)
    assert caught.value.reason.status == 400


def test_the_order_of_variables_makes_no_difference() -> None:
    """Another document, operation or variable does."""
    same = fingerprint_of("{a}", None, {"a": 1, "b": {"c": 2, "d": 3}})
    assert fingerprint_of("{a}", None, {"b": {"d": 3, "c": 2}, "a": 1}) == same
    assert fingerprint_of("{b}", None, {"a": 1, "b": {"c": 2, "d": 3}}) != same
    assert fingerprint_of("{a}", "x", {"a": 1, "b": {"c": 2, "d": 3}}) != same
    assert fingerprint_of("{a}", None, {"a": 1, "b": {"c": 2, "d": 4}}) != same
