"""A plan is a sequence of stages of steps."""

import pytest

from groupgate.domain.planner import Plan, PlannedWrite, PlanResult, Step

pytestmark = pytest.mark.anyio


def step(number: int, sent: list[int] | None = None) -> Step:
    """Return a step that records that it was sent."""

    async def send() -> None:
        if sent is not None:
            sent.append(number)

    return Step(call=call(number), send=send)


def call(number: int) -> PlannedWrite:
    """Return the write of a step."""
    return PlannedWrite(method="POST", path=f"/{number}", description=f"Send {number}.")


def test_an_empty_plan_has_no_calls_and_no_rollback() -> None:
    plan = Plan()

    assert (plan.stages, plan.calls, plan.rollback) == ((), (), None)
    assert plan.result == PlanResult(collection=None, group=None, entity=None, excluded=())


async def test_the_calls_of_a_plan_are_those_of_its_stages_in_order_and_are_not_sent() -> None:
    sent: list[int] = []
    plan = Plan(stages=((step(3, sent), step(1, sent)), (), (step(2, sent),)))

    assert plan.calls == (call(3), call(1), call(2))
    assert sent == []

    await plan.stages[0][1].send()
    assert sent == [1]


def test_a_step_completes_no_products_by_default() -> None:
    assert step(1).products == ()


def test_each_plan_has_its_own_result() -> None:
    assert Plan().result is not Plan().result
