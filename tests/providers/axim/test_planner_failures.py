"""What Axim refuses to change, and what is known of a change when it fails."""

from collections.abc import Awaitable, Callable

import pytest

from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import (
    Denied,
    Malformed,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
    UpstreamError,
    WriteOutcome,
)
from groupgate.domain.planner import Plan, Planner
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProviderKey
from groupgate.domain.refusals import InvalidInput, NotFound, Refusal, UserErrorCode
from groupgate.sandbox.axim import AximSimulator
from tests.providers.axim.changing import (
    GONE,
    NOWHERE,
    asked,
    carry,
    changed,
    group_named,
    held,
    loose,
    refs,
)
from tests.providers.axim.faults import (
    BROKEN,
    DENIED,
    FAILED_WITH_200,
    LOST_ANSWER,
    LOST_CALL,
    REFUSED_CONNECTION,
    THROTTLED,
    FailWith,
    Fault,
)
from tests.providers.axim.reading import UNKNOWN, batch, group_ref

pytestmark = pytest.mark.anyio

IT_IS_GONE = "It does not exist, or no longer."
PRODUCT_IS_GONE = "This product does not exist, or no longer."
NOT_ACCEPTED = "Axim Commerce does not accept this change."
KITCHEN = "Kitchen & dining"


async def refusals(plan: Plan) -> tuple[Refusal, ...]:
    """Return why a plan is refused while it is carried out."""
    with pytest.raises(Refused) as caught:
        await carry(plan)
    return caught.value.refusals


async def test_unknown_products_are_told_by_one_read_and_nothing_is_applied(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, new = group_named(simulator, KITCHEN), loose(simulator, KITCHEN, 2)
    asked_for = [new[0], UNKNOWN, new[1], "a,b"]
    plan = await provider.planner.assign(ref, refs(asked_for))
    told_why = await refusals(plan)
    assert told_why == tuple(
        NotFound(message=PRODUCT_IS_GONE, about=product) for product in refs([UNKNOWN, "a,b"])
    )
    assert asked(simulator) == [
        ("PUT", f"/productGroup/{ref.native_id}", {"products": asked_for}),
        ("GET", batch([new[0], UNKNOWN, new[1]]), None),
    ]
    assert changed(simulator) == {}


async def test_a_set_with_an_unknown_product_applies_nothing(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, before = group_named(simulator, KITCHEN), held(simulator, KITCHEN)
    plan = await provider.planner.set_products(ref, [NOWHERE, *refs(before[:2])])
    assert await refusals(plan) == (NotFound(message=PRODUCT_IS_GONE, about=NOWHERE),)
    assert changed(simulator) == {}


async def test_a_refusal_that_no_product_explains_is_about_the_input(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    ref = group_named(simulator, KITCHEN)
    path = f"/productGroup/{ref.native_id}"
    plans = fail_with({f"PUT {path}": [Fault(status=400)] * 3}).planner
    invalid = InvalidInput(message=NOT_ACCEPTED, code=UserErrorCode.INVALID)
    new = loose(simulator, KITCHEN, 1)
    assert await refusals(await plans.assign(ref, refs(new))) == (invalid,)
    assert asked(simulator) == [("GET", batch(new), None)]
    assert await refusals(await plans.unassign(ref, refs(new))) == (invalid,)
    assert await refusals(await plans.update_group(ref, GroupChange(name="K"))) == (invalid,)
    assert asked(simulator) == []


async def test_if_nobody_can_tell_which_product_is_unknown_nothing_is_applied_all_the_same(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    ref = group_named(simulator, KITCHEN)
    plans = fail_with({"GET /products": [BROKEN]}).planner
    with pytest.raises(Unavailable) as caught:
        await carry(await plans.assign(ref, [NOWHERE]))
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert changed(simulator) == {}


Ask = Callable[[Planner, GroupRef], Awaitable[Plan]]

ASKS: list[Ask] = [
    lambda plans, ref: plans.update_group(ref, GroupChange(name="A")),
    lambda plans, ref: plans.delete_group(ref),
    lambda plans, ref: plans.assign(ref, [NOWHERE]),
    lambda plans, ref: plans.unassign(ref, [NOWHERE]),
]


@pytest.mark.parametrize("ask", ASKS)
async def test_a_group_that_is_gone_is_told_by_the_write_itself(
    provider: Provider, simulator: AximSimulator, ask: Ask
) -> None:
    plan = await ask(provider.planner, GONE)
    assert await refusals(plan) == (NotFound(message=IT_IS_GONE, about=GONE),)
    assert len(asked(simulator)) == 1


@pytest.mark.parametrize("ask", [*ASKS, lambda plans, ref: plans.set_products(ref, [NOWHERE])])
@pytest.mark.parametrize(
    "ref",
    [
        *map(group_ref, ["", "..", "all", "create"]),
        GroupRef(provider=ProviderKey.AXIM, collection_id="c", native_id=UNKNOWN),
    ],
)
async def test_where_no_group_can_be_nothing_is_asked(
    provider: Provider, simulator: AximSimulator, ask: Ask, ref: GroupRef
) -> None:
    with pytest.raises(Refused) as caught:
        await ask(provider.planner, ref)
    assert caught.value.refusals == (NotFound(message=IT_IS_GONE, about=ref),)
    assert asked(simulator) == []


@pytest.mark.parametrize(
    ("faults", "failure", "is_applied"),
    [
        ([REFUSED_CONNECTION] * 3, (Unreachable, WriteOutcome.NOT_APPLIED), False),
        ([THROTTLED] * 3, (Throttled, WriteOutcome.NOT_APPLIED), False),
        ([DENIED], (Denied, WriteOutcome.NOT_APPLIED), False),
        ([Fault(status=418)], (Rejected, WriteOutcome.NOT_APPLIED), False),
        ([BROKEN], (Unavailable, WriteOutcome.UNKNOWN), False),
        ([LOST_CALL], (Unavailable, WriteOutcome.UNKNOWN), False),
        ([LOST_ANSWER], (Unavailable, WriteOutcome.UNKNOWN), True),
        ([FAILED_WITH_200], (Malformed, WriteOutcome.UNKNOWN), False),
        (
            [Fault(json={"data": {"id": 7}}, reaches_vendor=True)],
            (Malformed, WriteOutcome.UNKNOWN),
            True,
        ),
    ],
)
async def test_a_failed_write_tells_what_is_known_of_it(
    fail_with: FailWith,
    simulator: AximSimulator,
    faults: list[Fault],
    failure: tuple[type[UpstreamError], WriteOutcome],
    *,
    is_applied: bool,
) -> None:
    ref, new = group_named(simulator, KITCHEN), loose(simulator, KITCHEN, 1)
    plans = fail_with({f"PUT /productGroup/{ref.native_id}": faults}).planner
    with pytest.raises(UpstreamError) as caught:
        await carry(await plans.assign(ref, refs(new)))
    assert (type(caught.value), caught.value.outcome) == failure
    assert bool(changed(simulator)) is is_applied
    assert len(asked(simulator)) == int(is_applied)


@pytest.mark.usefixtures("retried")
async def test_a_write_that_was_never_sent_is_repeated(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    ref, new = group_named(simulator, KITCHEN), loose(simulator, KITCHEN, 1)
    faults = [REFUSED_CONNECTION, THROTTLED]
    plans = fail_with({f"PUT /productGroup/{ref.native_id}": faults}).planner
    await carry(await plans.assign(ref, refs(new)))
    assert held(simulator, KITCHEN)[-1:] == new
