"""Making groups: the code found by the name, and what is told when the making goes wrong."""

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
from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.domain.refusals import Conflict, InvalidInput, NotFound, UserErrorCode
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.two_checkout.changing import OFFICE, asked, carry, held, told
from tests.providers.two_checkout.faults import (
    BROKEN,
    EMPTY_ANSWER,
    FALSE_ANSWER,
    LOST_ANSWER,
    LOST_CALL,
    REFUSED_CONNECTION,
    FailWith,
    Fault,
)
from tests.providers.two_checkout.reading import IMPLICIT, group_ref, product_ref

pytestmark = pytest.mark.anyio

FONTS = GroupChange(name="Fonts")
FONTS_BODY = {"Code": None, "Name": "Fonts"}
READER = product_ref("FREE-READER")

POST = "POST /productgroups/"
GET = "GET /productgroups/"
NAME_TAKEN = Conflict(
    message="There is a group of this name already.",
    code=UserErrorCode.TAKEN,
    field=("input", "name"),
    conflicting_ref=OFFICE,
)


async def test_a_new_group_is_found_by_its_name(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    change = GroupChange(name="Fonts", description="Letters", template_name="Developer cart")
    plan = await provider.planner.create_group(IMPLICIT, change, [])
    assert asked(simulator) == []
    assert plan.result.group is None
    await carry(plan)
    body = {
        "Code": None,
        "Name": "Fonts",
        "TemplateName": "Developer cart",
        "Description": "Letters",
    }
    assert asked(simulator) == [
        ("POST", "/productgroups/", body),
        ("GET", "/productgroups/", None),
    ]
    made = simulator.snapshot()["groups"][-1]
    assert made == {**body, "Code": made["Code"], "products": []}
    ref = group_ref(made["Code"])
    assert plan.result.group == ref
    assert plan.result.entity == Group(
        ref=ref, name="Fonts", description="Letters", template_name="Developer cart"
    )


async def test_products_of_a_new_group_follow_once_it_has_a_code(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    products = [READER, product_ref("A+B")]
    plan = await provider.planner.create_group(IMPLICIT, FONTS, products)
    assert told(plan) == [
        ("POST", "/productgroups/", 'Make the group "Fonts".'),
        (
            "POST",
            "/products/FREE-READER/productgroups/{new}/",
            'Put the product "FREE-READER" into the group "Fonts".',
        ),
        (
            "POST",
            "/products/A%2BB/productgroups/{new}/",
            'Put the product "A+B" into the group "Fonts".',
        ),
    ]
    assert [len(stage) for stage in plan.stages] == [1, 2]
    await carry(plan)
    assert plan.result.group is not None
    code = plan.result.group.native_id
    assert asked(simulator) == [
        ("POST", "/productgroups/", FONTS_BODY),
        ("GET", "/productgroups/", None),
        ("POST", f"/products/FREE-READER/productgroups/{code}/", None),
        ("POST", f"/products/A%2BB/productgroups/{code}/", None),
    ]
    assert held(simulator)["Fonts"] == ["A+B", "FREE-READER"]


async def test_a_name_that_is_taken_is_told_by_one_read(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    plan = await provider.planner.create_group(IMPLICIT, GroupChange(name="Office"), [READER])
    with pytest.raises(Refused) as refused:
        await carry(plan)
    assert refused.value.refusals == (NAME_TAKEN,)
    assert [(method, path) for method, path, _ in asked(simulator)] == [
        ("POST", "/productgroups/"),
        ("GET", "/productgroups/"),
    ]


async def test_a_group_that_is_refused_for_another_reason_is_bad_input(
    fail_with: FailWith,
) -> None:
    provider = fail_with({POST: [Fault(status=400)]})
    with pytest.raises(Refused) as refused:
        await carry(await provider.planner.create_group(IMPLICIT, FONTS, []))
    message = "2Checkout does not make a group of this."
    assert refused.value.refusals == (
        InvalidInput(message=message, code=UserErrorCode.INVALID, field=("input",)),
    )


@pytest.mark.parametrize("fault", [LOST_ANSWER, EMPTY_ANSWER, FALSE_ANSWER])
async def test_a_group_that_is_there_after_a_lost_answer_was_made(
    fail_with: FailWith, simulator: TwoCheckoutSimulator, fault: Fault
) -> None:
    provider = fail_with({POST: [fault]})
    plan = await provider.planner.create_group(IMPLICIT, FONTS, [READER])
    await carry(plan)
    assert plan.result.entity is not None
    assert plan.result.entity.name == "Fonts"
    assert held(simulator)["Fonts"] == ["FREE-READER"]


@pytest.mark.parametrize("fault", [LOST_CALL, BROKEN])
async def test_a_group_that_is_not_there_after_a_lost_answer_stays_uncertain(
    fail_with: FailWith, simulator: TwoCheckoutSimulator, fault: Fault
) -> None:
    provider = fail_with({POST: [fault]})
    plan = await provider.planner.create_group(IMPLICIT, FONTS, [])
    with pytest.raises(Unavailable) as raised:
        await carry(plan)
    assert raised.value.outcome is WriteOutcome.UNKNOWN
    assert raised.value.message.endswith(" A moment later it listed no group of this name.")
    assert plan.result.group is None
    assert "Fonts" not in held(simulator)


async def test_a_group_that_was_seen_before_a_lost_call_is_not_taken_for_the_new_one(
    fail_with: FailWith, simulator: TwoCheckoutSimulator
) -> None:
    provider = fail_with({POST: [LOST_CALL]})
    await provider.get_groups([OFFICE])
    plan = await provider.planner.create_group(IMPLICIT, GroupChange(name="Office"), [READER])
    with pytest.raises(Refused) as refused:
        await carry(plan)
    assert refused.value.refusals == (NAME_TAKEN,)
    assert held(simulator)["General"][-1] == "FREE-READER"


@pytest.mark.parametrize(
    "change",
    [
        GroupChange(name="Office"),
        GroupChange(name="Office", description="Another"),
        GroupChange(name="Office", template_name="Another"),
    ],
    ids=["products in it", "another description", "another template"],
)
async def test_a_group_that_nobody_saw_before_a_lost_call_is_not_given_products(
    fail_with: FailWith, simulator: TwoCheckoutSimulator, change: GroupChange
) -> None:
    """It may be an older one."""
    before = simulator.snapshot()
    plan = await fail_with({POST: [LOST_CALL]}).planner.create_group(IMPLICIT, change, [READER])
    with pytest.raises(Unavailable) as caught:
        await carry(plan)
    message = " There is a group of this name, but it may have been there before."
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
            "It failed with status 500. The group was made before that.",
        ),
        (
            {GET: [Fault(status=200, body=b"[]")]},
            Malformed,
            WriteOutcome.UNKNOWN,
            "It does not list the new group. The group was made before that.",
        ),
        (
            {POST: [LOST_ANSWER], GET: [BROKEN]},
            Unavailable,
            WriteOutcome.UNKNOWN,
            "It did not answer in time.",
        ),
        (
            {POST: [Fault(status=400)], GET: [BROKEN]},
            Unavailable,
            WriteOutcome.NOT_APPLIED,
            "It failed with status 500.",
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
            "It could not be reached.",
        ),
    ],
)
async def test_a_failure_tells_whether_a_group_may_have_been_made(
    fail_with: FailWith,
    faults: dict[str, list[Fault]],
    error: type[UpstreamError],
    outcome: WriteOutcome,
    message: str,
) -> None:
    provider = fail_with(faults)
    with pytest.raises(error) as raised:
        await carry(await provider.planner.create_group(IMPLICIT, FONTS, []))
    assert (raised.value.outcome, raised.value.message) == (outcome, message)


async def test_groups_are_made_in_the_implicit_collection_only(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    elsewhere = CollectionRef(provider=ProviderKey.TWO_CHECKOUT, native_id="x")
    dots = product_ref("..")
    with pytest.raises(Refused) as refused:
        await provider.planner.create_group(elsewhere, FONTS, [dots])
    message = "It does not exist, or no longer."
    assert refused.value.refusals == (
        NotFound(message=message, about=dots),
        NotFound(message=message, about=elsewhere),
    )
    assert asked(simulator) == []
