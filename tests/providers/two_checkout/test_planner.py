"""Putting products into groups and taking them out: exact calls, and what the vendor then holds."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.planner import Plan, Planner
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProviderKey
from groupgate.domain.refusals import InvalidInput, NotFound, Unsupported, UserErrorCode
from groupgate.providers.two_checkout import Settings, build
from groupgate.request import request_scope
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.two_checkout.changing import (
    GENERAL,
    GONE,
    LEGACY,
    OFFICE,
    UTILITIES,
    asked,
    carry,
    held,
    moved,
    told,
)
from tests.providers.two_checkout.reading import IMPLICIT, group_ref, product_ref

pytestmark = pytest.mark.anyio

READER = product_ref("FREE-READER")
ODD = product_ref("C/C++ Toolkit")
WRITER = product_ref("FWR-STU-1M")
NOWHERE = product_ref("no such/product")

WRITER_IN_OFFICE = "/products/FWR-STU-1M/productgroups/DBA13A4268/"
WRITER_IN_LEGACY = "/products/FWR-STU-1M/productgroups/F00DBABE42/"

IT_IS_GONE = "It does not exist, or no longer."
IT_STAYS_IN_GENERAL = "Products leave the general group only by being put into another one."


def stays(code: str, message: str) -> InvalidInput:
    """What tells that a product cannot be taken out."""
    return InvalidInput(message=message, code=UserErrorCode.INVALID, about=product_ref(code))


async def test_assigning_is_one_call_a_product_with_its_code_encoded(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    awkward = held(simulator)["General"]
    plan = await provider.planner.assign(LEGACY, [product_ref(code) for code in awkward])
    assert asked(simulator) == []
    assert [len(stage) for stage in plan.stages] == [10]
    await carry(plan)
    assert asked(simulator) == [
        ("POST", f"/products/{code}/productgroups/F00DBABE42/", None)
        for code in (
            "my%20product%201",
            "C%2FC%2B%2B%20Toolkit",
            "50%25-off%20bundle",
            "A%2BB",
            "b%C3%BCro-suite%202026",
            "%E6%97%A5%E6%9C%AC%E8%AA%9E%E5%85%A5%E5%8A%9B",
            "what%3F%231",
            "semi%3Bcolon%2Ccomma%26x%3D1",
            "007",
            "FREE-READER",
        )
    ]
    assert moved(simulator) == dict.fromkeys(awkward, "Legacy")


async def test_a_plan_tells_what_is_sent(provider: Provider) -> None:
    plan = await provider.planner.assign(LEGACY, [ODD])
    path = "/products/C%2FC%2B%2B%20Toolkit/productgroups/F00DBABE42/"
    assert told(plan) == [
        ("POST", path, 'Put the product "C/C++ Toolkit" into the group F00DBABE42.')
    ]
    assert [step.products for stage in plan.stages for step in stage] == [(ODD,)]


async def test_a_plan_calls_a_group_by_its_name_once_it_has_been_read(provider: Provider) -> None:
    await provider.get_groups([OFFICE])
    plan = await provider.planner.unassign(OFFICE, [WRITER])
    assert told(plan) == [
        (
            "DELETE",
            WRITER_IN_OFFICE,
            'Take the product "FWR-STU-1M" out of the group "Office".',
        )
    ]


@pytest.mark.parametrize("missing_status", [404, 400])
async def test_an_unknown_product_is_told_by_one_read(
    settings: Settings, missing_status: int
) -> None:
    simulator = TwoCheckoutSimulator(prefix="/6.0", missing_status=missing_status)
    transport = httpx.ASGITransport(app=simulator)
    provider = build(settings, httpx.AsyncClient(transport=transport))
    plan = await provider.planner.assign(LEGACY, [NOWHERE])
    with pytest.raises(Refused) as refused:
        await carry(plan)
    assert refused.value.refusals == (NotFound(message=IT_IS_GONE, about=NOWHERE),)
    assert asked(simulator) == [
        ("POST", "/products/no%20such%2Fproduct/productgroups/F00DBABE42/", None),
        ("GET", "/products/no%20such%2Fproduct/", None),
    ]


async def test_a_group_that_is_gone_is_told_by_one_read(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    plan = await provider.planner.assign(GONE, [READER])
    with pytest.raises(Refused) as refused:
        await carry(plan)
    message = "2Checkout puts no product into it; it may exist no longer."
    assert refused.value.refusals == (NotFound(message=message, about=GONE),)
    assert asked(simulator) == [
        ("POST", "/products/FREE-READER/productgroups/FFFFFFFFFF/", None),
        ("GET", "/products/FREE-READER/", None),
    ]


async def test_setting_products_adds_before_it_removes(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    utilities = held(simulator)["Utilities"]
    wanted = [product_ref(code) for code in ["FREE-READER", *utilities[2:], "FWR-STU-1M"]]
    plan = await provider.planner.set_products(UTILITIES, wanted)
    assert [method for method, _, _ in asked(simulator)] == ["GET", "GET"]
    assert [len(stage) for stage in plan.stages] == [2, 2]
    await carry(plan)
    assert asked(simulator) == [
        ("POST", "/products/FREE-READER/productgroups/12E4567890/", None),
        ("POST", "/products/FWR-STU-1M/productgroups/12E4567890/", None),
        ("DELETE", "/products/SWC-PER-1Y/productgroups/12E4567890/", None),
        ("DELETE", "/products/SWC-PER-2Y/productgroups/12E4567890/", None),
    ]
    assert moved(simulator) == {
        "FREE-READER": "Utilities",
        "FWR-STU-1M": "Utilities",
        "SWC-PER-1Y": "General",
        "SWC-PER-2Y": "General",
    }


async def test_setting_what_is_there_plans_nothing_in_any_order(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    there = [product_ref(code) for code in reversed(held(simulator)["Utilities"])]
    assert await provider.planner.set_products(UTILITIES, there) == Plan()


async def test_setting_costs_no_read_that_the_request_has_made(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        await provider.get_memberships([LEGACY])
        assert len(asked(simulator)) == 2
        await provider.planner.set_products(LEGACY, [READER])
        assert asked(simulator) == []


async def test_the_general_group_takes_products_but_is_not_set_to_fewer(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    there = [product_ref(code) for code in held(simulator)["General"]]
    plan = await provider.planner.set_products(GENERAL, [*there, WRITER])
    assert [(call.method, call.path) for call in plan.calls] == [
        ("POST", "/products/FWR-STU-1M/productgroups/0A1B2C3D4E/")
    ]
    with pytest.raises(Refused) as refused:
        await provider.planner.set_products(GENERAL, [*there[2:], WRITER])
    assert refused.value.refusals == (
        stays("my product 1", IT_STAYS_IN_GENERAL),
        stays("C/C++ Toolkit", IT_STAYS_IN_GENERAL),
    )


async def test_a_group_that_is_gone_is_not_set(provider: Provider) -> None:
    with pytest.raises(Refused) as refused:
        await provider.planner.set_products(GONE, [READER])
    assert refused.value.refusals == (NotFound(message=IT_IS_GONE, about=GONE),)


async def test_moving_puts_each_product_into_the_target(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    plan = await provider.planner.move(OFFICE, LEGACY, [WRITER], None)
    assert plan.rollback is None
    assert asked(simulator) == []
    await carry(plan)
    assert asked(simulator) == [("POST", WRITER_IN_LEGACY, None)]
    assert moved(simulator) == {"FWR-STU-1M": "Legacy"}


async def test_moving_to_a_group_that_is_gone_leaves_a_product_where_it_is(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with pytest.raises(Refused) as refused:
        await carry(await provider.planner.move(OFFICE, GONE, [WRITER], None))
    assert [refusal.about for refusal in refused.value.refusals] == [GONE]
    assert moved(simulator) == {}


@pytest.mark.parametrize(
    "group",
    [
        group_ref(".."),
        group_ref(""),
        GroupRef(provider=ProviderKey.TWO_CHECKOUT, collection_id="x", native_id="DBA13A4268"),
    ],
)
async def test_what_no_path_can_name_is_refused_without_a_call(
    provider: Provider, simulator: TwoCheckoutSimulator, group: GroupRef
) -> None:
    dots = product_ref(".")
    expected = (
        NotFound(message=IT_IS_GONE, about=dots),
        NotFound(message=IT_IS_GONE, about=group),
    )
    planner = provider.planner
    for plan in (planner.assign, planner.unassign, planner.set_products):
        with pytest.raises(Refused) as refused:
            await plan(group, [READER, dots])
        assert refused.value.refusals == expected
    with pytest.raises(Refused) as refused:
        await planner.move(OFFICE, group, [WRITER], None)
    assert refused.value.refusals == expected[1:]
    assert asked(simulator) == []


@pytest.mark.parametrize(
    ("capability", "step_result"),
    [
        (
            Capability.PRODUCT_COLLECTION_UPDATE,
            lambda plans: plans.update_collection(IMPLICIT, CollectionChange()),
        ),
        (
            Capability.PRODUCT_COLLECTION_REORDER_GROUPS,
            lambda plans: plans.reorder_groups(IMPLICIT, []),
        ),
        (
            Capability.PRODUCT_COLLECTION_CREATE,
            lambda plans: plans.create_collection(CollectionChange(), GroupChange(), []),
        ),
        (
            Capability.PRODUCT_COLLECTION_ARCHIVE,
            lambda plans: plans.archive_collection(IMPLICIT),
        ),
        (
            Capability.PRODUCT_COLLECTION_UNARCHIVE,
            lambda plans: plans.unarchive_collection(IMPLICIT),
        ),
        (Capability.GROUP_UPDATE, lambda plans: plans.update_group(OFFICE, GroupChange())),
        (Capability.GROUP_DELETE, lambda plans: plans.delete_group(OFFICE)),
        (Capability.GROUP_REORDER_PRODUCTS, lambda plans: plans.reorder_products(OFFICE, [])),
        (
            Capability.GROUP_PRODUCT_UPDATE,
            lambda plans: plans.update_membership(OFFICE, WRITER, None),
        ),
    ],
)
async def test_what_rest_has_no_call_for_is_refused(
    provider: Provider,
    simulator: TwoCheckoutSimulator,
    capability: Capability,
    step_result: Callable[[Planner], Awaitable[Plan]],
) -> None:
    assert capability not in provider.capabilities
    with pytest.raises(Refused) as refused:
        await step_result(provider.planner)
    assert refused.value.refusals == (
        Unsupported(
            message=f"2Checkout has no {capability.value}.",
            provider=ProviderKey.TWO_CHECKOUT,
            capability=capability,
        ),
    )
    assert asked(simulator) == []
