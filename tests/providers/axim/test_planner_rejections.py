"""Rejected updates and their reasons, and the outcome of updates that fail."""

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
from tests.providers.axim.seed import (
    FAILED_WITH_200,
    KITCHEN,
    UNKNOWN_GROUP,
    UNKNOWN_ID,
    UNKNOWN_PRODUCT,
    batch_path,
    changed_groups,
    group_named,
    group_ref,
    ids_outside,
    product_ids,
    product_refs,
)
from tests.providers.conftest import FailWith
from tests.providers.faults import (
    BROKEN,
    DENIED,
    LOST_CALL,
    LOST_RESPONSE,
    REFUSED_CONNECTION,
    THROTTLED,
    Fault,
)
from tests.providers.mutations import run_plan
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio

NO_GROUP = "The group does not exist."
NO_PRODUCT = "The product does not exist."
NOT_ACCEPTED = "Axim Commerce does not accept this change."


async def refusals(plan: Plan) -> tuple[Refusal, ...]:
    """Return the refusals that a plan raises when it runs."""
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    return caught.value.refusals


async def test_one_read_finds_the_unknown_products_and_nothing_is_applied(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, new = group_named(simulator, KITCHEN), ids_outside(simulator, KITCHEN, 2)
    requested = [new[0], UNKNOWN_ID, new[1], "a,b"]
    plan = await provider.planner.assign(ref, product_refs(requested))
    assert await refusals(plan) == tuple(
        NotFound(message=NO_PRODUCT, about=product) for product in product_refs([UNKNOWN_ID, "a,b"])
    )
    assert take_calls(simulator) == [
        ("PUT", f"/productGroup/{ref.native_id}", {"products": requested}),
        ("GET", batch_path([new[0], UNKNOWN_ID, new[1]]), None),
    ]
    assert changed_groups(simulator) == {}


async def test_setting_an_unknown_product_applies_nothing(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, before = group_named(simulator, KITCHEN), product_ids(simulator, KITCHEN)
    plan = await provider.planner.set_products(ref, [UNKNOWN_PRODUCT, *product_refs(before[:2])])
    assert await refusals(plan) == (NotFound(message=NO_PRODUCT, about=UNKNOWN_PRODUCT),)
    assert changed_groups(simulator) == {}


async def test_a_rejection_that_no_product_explains_is_invalid_input(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    ref = group_named(simulator, KITCHEN)
    path = f"/productGroup/{ref.native_id}"
    plans = fail_with({f"PUT {path}": [Fault(status=400)] * 3}).planner
    invalid = InvalidInput(message=NOT_ACCEPTED, code=UserErrorCode.INVALID)
    new = ids_outside(simulator, KITCHEN, 1)
    assert await refusals(await plans.assign(ref, product_refs(new))) == (invalid,)
    assert take_calls(simulator) == [("GET", batch_path(new), None)]
    assert await refusals(await plans.unassign(ref, product_refs(new))) == (invalid,)
    assert await refusals(await plans.update_group(ref, GroupChange(name="K"))) == (invalid,)
    assert take_calls(simulator) == []


async def test_a_rejected_write_is_not_applied_if_the_diagnosis_fails(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    ref = group_named(simulator, KITCHEN)
    plans = fail_with({"GET /products": [BROKEN]}).planner
    with pytest.raises(Unavailable) as caught:
        await run_plan(await plans.assign(ref, [UNKNOWN_PRODUCT]))
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert changed_groups(simulator) == {}


MakePlan = Callable[[Planner, GroupRef], Awaitable[Plan]]

PLANS: list[MakePlan] = [
    lambda planner, ref: planner.update_group(ref, GroupChange(name="A")),
    lambda planner, ref: planner.delete_group(ref),
    lambda planner, ref: planner.assign(ref, [UNKNOWN_PRODUCT]),
    lambda planner, ref: planner.unassign(ref, [UNKNOWN_PRODUCT]),
]


@pytest.mark.parametrize("make_plan", PLANS)
async def test_the_write_reports_an_unknown_group_without_a_read(
    provider: Provider, simulator: AximSimulator, make_plan: MakePlan
) -> None:
    plan = await make_plan(provider.planner, UNKNOWN_GROUP)
    assert await refusals(plan) == (NotFound(message=NO_GROUP, about=UNKNOWN_GROUP),)
    assert len(take_calls(simulator)) == 1


@pytest.mark.parametrize(
    "make_plan", [*PLANS, lambda planner, ref: planner.set_products(ref, [UNKNOWN_PRODUCT])]
)
@pytest.mark.parametrize(
    "ref",
    [
        *map(group_ref, ["", "..", "all", "create"]),
        GroupRef(provider=ProviderKey.AXIM, collection_id="c", native_id=UNKNOWN_ID),
    ],
)
async def test_a_ref_that_no_path_can_contain_is_refused_without_a_call(
    provider: Provider, simulator: AximSimulator, make_plan: MakePlan, ref: GroupRef
) -> None:
    with pytest.raises(Refused) as caught:
        await make_plan(provider.planner, ref)
    assert caught.value.refusals == (NotFound(message=NO_GROUP, about=ref),)
    assert take_calls(simulator) == []


@pytest.mark.parametrize(
    ("faults", "failure", "is_applied"),
    [
        ([REFUSED_CONNECTION] * 3, (Unreachable, WriteOutcome.NOT_APPLIED), False),
        ([THROTTLED] * 3, (Throttled, WriteOutcome.NOT_APPLIED), False),
        ([DENIED], (Denied, WriteOutcome.NOT_APPLIED), False),
        ([Fault(status=418)], (Rejected, WriteOutcome.NOT_APPLIED), False),
        ([BROKEN], (Unavailable, WriteOutcome.UNKNOWN), False),
        ([LOST_CALL], (Unavailable, WriteOutcome.UNKNOWN), False),
        ([LOST_RESPONSE], (Unavailable, WriteOutcome.UNKNOWN), True),
        ([FAILED_WITH_200], (Malformed, WriteOutcome.UNKNOWN), False),
    ],
)
async def test_a_failed_write_has_an_outcome(
    fail_with: FailWith,
    simulator: AximSimulator,
    faults: list[Fault],
    failure: tuple[type[UpstreamError], WriteOutcome],
    *,
    is_applied: bool,
) -> None:
    ref, new = group_named(simulator, KITCHEN), ids_outside(simulator, KITCHEN, 1)
    plans = fail_with({f"PUT /productGroup/{ref.native_id}": faults}).planner
    with pytest.raises(UpstreamError) as caught:
        await run_plan(await plans.assign(ref, product_refs(new)))
    assert (type(caught.value), caught.value.outcome) == failure
    assert bool(changed_groups(simulator)) is is_applied
    assert len(take_calls(simulator)) == int(is_applied)


@pytest.mark.usefixtures("with_retries")
async def test_a_write_that_was_not_applied_is_retried(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    ref, new = group_named(simulator, KITCHEN), ids_outside(simulator, KITCHEN, 1)
    faults = [REFUSED_CONNECTION, THROTTLED]
    plans = fail_with({f"PUT /productGroup/{ref.native_id}": faults}).planner
    await run_plan(await plans.assign(ref, product_refs(new)))
    assert product_ids(simulator, KITCHEN)[-1:] == new
