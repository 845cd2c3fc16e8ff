"""A plan is a sequence of stages of steps."""

from collections.abc import Callable

import pytest

from groupgate.domain.errors import Malformed, Unavailable, Unconfirmed, UpstreamError, WriteOutcome
from groupgate.domain.planner import (
    IsApplied,
    Plan,
    PlannedWrite,
    PlanResult,
    Step,
    verify_if_unconfirmed,
    verify_if_unknown,
)
from groupgate.domain.refs import ProductRef, ProviderKey

pytestmark = pytest.mark.anyio

Verify = Callable[[Step, IsApplied], Step]


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


UNKNOWN, NOT_APPLIED = WriteOutcome.UNKNOWN, WriteOutcome.NOT_APPLIED
READ_FAILED = Unavailable(ProviderKey.DODO, "The read failed.")


class Verification:
    """A step that fails with this error, and the read that verifies it."""

    def __init__(
        self, error: UpstreamError | None, outcome: WriteOutcome, *, state: bool | Exception | None
    ) -> None:
        self.reads = 0
        self._error = error
        self._outcome = outcome
        self._state = state

    @property
    def step(self) -> Step:
        """The step."""
        products = (ProductRef(provider=ProviderKey.DODO, native_id="p"),)
        return Step(call=call(1), send=self._send, products=products)

    async def is_applied(self) -> bool | None:
        """Return the state that the vendor is read to be in."""
        self.reads += 1
        if isinstance(self._state, Exception):
            raise self._state
        return self._state

    async def _send(self) -> None:
        if self._error is not None:
            self._error.outcome = self._outcome
            raise self._error


@pytest.mark.parametrize("verify", [verify_if_unconfirmed, verify_if_unknown])
@pytest.mark.parametrize(
    ("state", "outcome"),
    [(True, None), (False, NOT_APPLIED), (None, UNKNOWN), (READ_FAILED, UNKNOWN)],
    ids=["applied", "not applied", "not shown", "failed"],
)
async def test_one_read_decides_about_an_unconfirmed_write(
    verify: Verify, *, state: bool | Exception | None, outcome: WriteOutcome | None
) -> None:
    error = Unconfirmed(ProviderKey.DODO, "Dodo Payments returned a page.")
    verification = Verification(error, UNKNOWN, state=state)
    verified = verify(verification.step, verification.is_applied)
    assert (verified.call, verified.products) == (call(1), verification.step.products)
    if outcome is None:
        await verified.send()
    else:
        with pytest.raises(Unconfirmed) as caught:
            await verified.send()
        assert (caught.value, error.outcome) == (error, outcome)
        assert error.message == (
            "Dodo Payments returned a page. A read after that shows that the write was not applied."
            if outcome is NOT_APPLIED
            else "Dodo Payments returned a page."
        )
    assert verification.reads == 1


@pytest.mark.parametrize("kind", [Unavailable, Malformed])
@pytest.mark.parametrize(
    ("state", "outcome"), [(True, None), (False, UNKNOWN), (None, UNKNOWN), (READ_FAILED, UNKNOWN)]
)
async def test_a_write_without_a_response_that_is_not_found_may_be_applied_later(
    kind: type[UpstreamError], *, state: bool | Exception | None, outcome: WriteOutcome | None
) -> None:
    error = kind(ProviderKey.DODO, "Lost.")
    verification = Verification(error, UNKNOWN, state=state)
    verified = verify_if_unknown(verification.step, verification.is_applied)
    if outcome is None:
        await verified.send()
    else:
        with pytest.raises(kind):
            await verified.send()
        assert (error.outcome, error.message) == (outcome, "Lost.")
    assert verification.reads == 1


@pytest.mark.parametrize(
    ("verify", "error", "outcome"),
    [
        (verify_if_unconfirmed, Unavailable(ProviderKey.DODO, "Lost."), UNKNOWN),
        (verify_if_unconfirmed, Malformed(ProviderKey.DODO, "An error."), UNKNOWN),
        (verify_if_unknown, Unavailable(ProviderKey.DODO, "Not sent."), NOT_APPLIED),
        (verify_if_unknown, Unconfirmed(ProviderKey.DODO, "Verified before."), NOT_APPLIED),
    ],
)
async def test_other_failures_are_raised_without_a_read(
    verify: Verify, error: UpstreamError, outcome: WriteOutcome
) -> None:
    verification = Verification(error, outcome, state=True)
    with pytest.raises(type(error)):
        await verify(verification.step, verification.is_applied).send()
    assert (verification.reads, error.outcome) == (0, outcome)


@pytest.mark.parametrize("verify", [verify_if_unconfirmed, verify_if_unknown])
async def test_a_write_that_succeeds_is_not_read(verify: Verify) -> None:
    verification = Verification(None, UNKNOWN, state=False)
    await verify(verification.step, verification.is_applied).send()
    assert verification.reads == 0
