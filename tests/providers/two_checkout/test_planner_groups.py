"""Plans that create groups: the search for the new group's code, and the failures."""

import pytest

from groupgate.domain.catalog import Group
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import (
    Malformed,
    Refused,
    Rejected,
    Unavailable,
    Unreachable,
    UpstreamError,
    WriteOutcome,
)
from groupgate.domain.provider import Provider
from groupgate.domain.refusals import Conflict, InvalidInput, NotFound, UserErrorCode
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.conftest import FailWith
from tests.providers.faults import BROKEN, LOST_CALL, LOST_RESPONSE, REFUSED_CONNECTION, Fault
from tests.providers.mutations import planned_writes, run_plan
from tests.providers.reads import take_calls
from tests.providers.two_checkout.seed import (
    COLLECTION,
    EMPTY_RESPONSE,
    FALSE_RESPONSE,
    OFFICE,
    OTHER_COLLECTION,
    READER,
    group_ref,
    product_ref,
    products_by_group,
)

pytestmark = pytest.mark.anyio

FONTS = GroupChange(name="Fonts")
FONTS_BODY = {"Code": None, "Name": "Fonts"}

POST = "POST /productgroups/"
GET = "GET /productgroups/"
NAME_TAKEN = Conflict(
    message="2Checkout already has a group of this name.",
    code=UserErrorCode.TAKEN,
    field=("input", "name"),
    conflicting_ref=OFFICE,
)


async def test_a_new_group_is_found_by_its_name(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    change = GroupChange(name="Fonts", description="Letters", template_name="Developer cart")
    plan = await provider.planner.create_group(COLLECTION, change, [])
    assert take_calls(simulator) == []
    assert plan.result.group is None
    await run_plan(plan)
    body = {
        "Code": None,
        "Name": "Fonts",
        "TemplateName": "Developer cart",
        "Description": "Letters",
    }
    assert take_calls(simulator) == [
        ("POST", "/productgroups/", body),
        ("GET", "/productgroups/", None),
    ]
    created = simulator.snapshot()["groups"][-1]
    assert created == {**body, "Code": created["Code"], "products": []}
    ref = group_ref(created["Code"])
    assert plan.result.group == ref
    assert plan.result.entity == Group(
        ref=ref, name="Fonts", description="Letters", template_name="Developer cart"
    )


async def test_products_are_added_once_the_code_of_the_new_group_is_known(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    products = [READER, product_ref("A+B")]
    plan = await provider.planner.create_group(COLLECTION, FONTS, products)
    assert planned_writes(plan) == [
        ("POST", "/productgroups/", 'Create the group "Fonts".'),
        (
            "POST",
            "/products/FREE-READER/productgroups/{new}/",
            'Add the product "FREE-READER" to the group "Fonts".',
        ),
        (
            "POST",
            "/products/A%2BB/productgroups/{new}/",
            'Add the product "A+B" to the group "Fonts".',
        ),
    ]
    assert [len(stage) for stage in plan.stages] == [1, 2]
    await run_plan(plan)
    assert plan.result.group is not None
    code = plan.result.group.native_id
    assert take_calls(simulator) == [
        ("POST", "/productgroups/", FONTS_BODY),
        ("GET", "/productgroups/", None),
        ("POST", f"/products/FREE-READER/productgroups/{code}/", None),
        ("POST", f"/products/A%2BB/productgroups/{code}/", None),
    ]
    assert products_by_group(simulator)["Fonts"] == ["A+B", "FREE-READER"]


async def test_one_read_finds_the_group_that_has_the_name(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    plan = await provider.planner.create_group(COLLECTION, GroupChange(name="Office"), [READER])
    with pytest.raises(Refused) as refused:
        await run_plan(plan)
    assert refused.value.refusals == (NAME_TAKEN,)
    assert [(method, path) for method, path, _ in take_calls(simulator)] == [
        ("POST", "/productgroups/"),
        ("GET", "/productgroups/"),
    ]


async def test_a_group_rejected_for_another_reason_is_invalid_input(
    fail_with: FailWith,
) -> None:
    provider = fail_with({POST: [Fault(status=400)]})
    with pytest.raises(Refused) as refused:
        await run_plan(await provider.planner.create_group(COLLECTION, FONTS, []))
    message = "2Checkout does not accept this change."
    assert refused.value.refusals == (
        InvalidInput(message=message, code=UserErrorCode.INVALID, field=("input",)),
    )


@pytest.mark.parametrize("fault", [LOST_RESPONSE, EMPTY_RESPONSE, FALSE_RESPONSE])
async def test_a_group_found_after_a_lost_response_was_created(
    fail_with: FailWith, simulator: TwoCheckoutSimulator, fault: Fault
) -> None:
    provider = fail_with({POST: [fault]})
    plan = await provider.planner.create_group(COLLECTION, FONTS, [READER])
    await run_plan(plan)
    assert plan.result.entity is not None
    assert plan.result.entity.name == "Fonts"
    assert products_by_group(simulator)["Fonts"] == ["FREE-READER"]


@pytest.mark.parametrize("fault", [LOST_CALL, BROKEN])
async def test_a_group_not_found_after_a_lost_response_has_an_unknown_outcome(
    fail_with: FailWith, simulator: TwoCheckoutSimulator, fault: Fault
) -> None:
    provider = fail_with({POST: [fault]})
    plan = await provider.planner.create_group(COLLECTION, FONTS, [])
    with pytest.raises(Unavailable) as raised:
        await run_plan(plan)
    assert raised.value.outcome is WriteOutcome.UNKNOWN
    assert raised.value.message.endswith(" A read after that found no group of this name.")
    assert plan.result.group is None
    assert "Fonts" not in products_by_group(simulator)


async def test_a_group_read_before_a_lost_call_is_not_the_new_one(
    fail_with: FailWith, simulator: TwoCheckoutSimulator
) -> None:
    provider = fail_with({POST: [LOST_CALL]})
    await provider.get_groups([OFFICE])
    plan = await provider.planner.create_group(COLLECTION, GroupChange(name="Office"), [READER])
    with pytest.raises(Refused) as refused:
        await run_plan(plan)
    assert refused.value.refusals == (NAME_TAKEN,)
    assert products_by_group(simulator)["General"][-1] == "FREE-READER"


@pytest.mark.parametrize(
    "change",
    [
        GroupChange(name="Office"),
        GroupChange(name="Office", description="Another"),
        GroupChange(name="Office", template_name="Another"),
    ],
    ids=["products in it", "another description", "another template"],
)
async def test_a_group_that_may_be_older_gets_no_products_after_a_lost_call(
    fail_with: FailWith, simulator: TwoCheckoutSimulator, change: GroupChange
) -> None:
    """The group may be older."""
    before = simulator.snapshot()
    plan = await fail_with({POST: [LOST_CALL]}).planner.create_group(COLLECTION, change, [READER])
    with pytest.raises(Unavailable) as caught:
        await run_plan(plan)
    message = " There is a group of this name, but it may be older."
    assert caught.value.message.endswith(message)
    assert (caught.value.outcome, plan.result.group) == (WriteOutcome.UNKNOWN, None)
    assert simulator.snapshot() == before


@pytest.mark.parametrize(
    ("faults", "error", "outcome", "message"),
    [
        (
            {GET: [BROKEN]},
            Unavailable,
            WriteOutcome.UNKNOWN,
            "2Checkout returned status 500. The group was created before that.",
        ),
        (
            {GET: [Fault(status=200, body=b"[]")]},
            Malformed,
            WriteOutcome.UNKNOWN,
            "2Checkout does not list the new group. The group was created before that.",
        ),
        (
            {POST: [LOST_RESPONSE], GET: [BROKEN]},
            Unavailable,
            WriteOutcome.UNKNOWN,
            "2Checkout did not respond in time.",
        ),
        (
            {POST: [Fault(status=400)], GET: [BROKEN]},
            Unavailable,
            WriteOutcome.NOT_APPLIED,
            "2Checkout returned status 500.",
        ),
        (
            {POST: [Fault(status=404)]},
            Rejected,
            WriteOutcome.NOT_APPLIED,
            "2Checkout rejected a call of the gateway with status 404.",
        ),
        (
            {POST: [REFUSED_CONNECTION] * 3},
            Unreachable,
            WriteOutcome.NOT_APPLIED,
            "2Checkout could not be reached.",
        ),
    ],
)
async def test_a_failed_creation_has_an_outcome_and_a_message(
    fail_with: FailWith,
    faults: dict[str, list[Fault]],
    error: type[UpstreamError],
    outcome: WriteOutcome,
    message: str,
) -> None:
    provider = fail_with(faults)
    with pytest.raises(error) as raised:
        await run_plan(await provider.planner.create_group(COLLECTION, FONTS, []))
    assert (raised.value.outcome, raised.value.message) == (outcome, message)


async def test_groups_are_created_in_the_implicit_collection_only(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    dots = product_ref("..")
    with pytest.raises(Refused) as refused:
        await provider.planner.create_group(OTHER_COLLECTION, FONTS, [dots])
    assert refused.value.refusals == (
        NotFound(message="The product does not exist.", about=dots),
        NotFound(message="The collection does not exist.", about=OTHER_COLLECTION),
    )
    assert take_calls(simulator) == []
