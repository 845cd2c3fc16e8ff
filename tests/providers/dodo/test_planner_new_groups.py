"""Plans that create groups: exact calls, and the vendor's state afterwards."""

from collections.abc import Sequence
from typing import Any

import pytest

from groupgate.domain.catalog import Group, GroupStatus
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Denied, Refused, Unavailable, WriteOutcome
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProductRef
from groupgate.domain.refusals import InvalidInput, NotFound
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.conftest import FailWith
from tests.providers.dodo.seed import (
    CRM,
    CRM_2024,
    ICONS,
    INVALID,
    MONTHLY,
    NOT_ACCEPTED,
    UNKNOWN_COLLECTION,
    UNKNOWN_PRODUCT,
    YEARLY,
    group,
    group_record,
    in_another_group,
    members,
    name_taken,
    new_rows,
    path_of,
    product,
)
from tests.providers.faults import BROKEN, DENIED, LOST_CALL, LOST_RESPONSE, Fault
from tests.providers.mutations import planned_writes, run_plan
from tests.providers.reads import take_calls, take_methods

pytestmark = pytest.mark.anyio

WRITERS_UNNAMED = group("Marginalia for writers", "None")
GROUPS = f"{path_of(CRM)}/groups"


@pytest.mark.parametrize(
    ("change", "products", "body"),
    [
        (
            GroupChange(name="Icons", status=GroupStatus.INACTIVE),
            ICONS,
            {"group_name": "Icons", "status": False, **new_rows(*ICONS)},
        ),
        (GroupChange(name=None), ICONS[:1], {"group_name": None, **new_rows(ICONS[0])}),
        (GroupChange(), [], {"products": []}),
    ],
)
async def test_a_group_is_created_by_a_read_and_one_post(
    provider: Provider,
    simulator: DodoSimulator,
    change: GroupChange,
    products: Sequence[ProductRef],
    body: dict[str, Any],
) -> None:
    plan = await provider.planner.create_group(CRM, change, products)
    assert take_calls(simulator) == [("GET", path_of(CRM), None)]
    await run_plan(plan)
    assert take_calls(simulator) == [("POST", GROUPS, body)]
    created = plan.result.group
    assert created is not None
    name, status = body.get("group_name"), body.get("status", True)
    assert plan.result.entity == Group(
        ref=created, name=name, status=GroupStatus.ACTIVE if status else GroupStatus.INACTIVE
    )
    assert members(simulator, created) == list(products)
    assert (
        group_record(simulator, created)["name"],
        group_record(simulator, created)["status"],
    ) == (
        name,
        status,
    )


@pytest.mark.parametrize(
    ("change", "products", "description"),
    [
        (GroupChange(name="Icons"), ICONS, 'the group "Icons" with 2 products'),
        (GroupChange(name="Icons"), ICONS[:1], 'the group "Icons" with 1 product'),
        (GroupChange(name=None), [], "an unnamed group with 0 products"),
        (GroupChange(), [], "an unnamed group with 0 products"),
    ],
)
async def test_the_plan_of_a_new_group_describes_it(
    provider: Provider,
    change: GroupChange,
    products: Sequence[ProductRef],
    description: str,
) -> None:
    plan = await provider.planner.create_group(CRM, change, products)
    assert planned_writes(plan) == [("POST", GROUPS, f'Create {description} in "Kestrel CRM".')]


async def test_all_conflicts_of_a_new_group_are_refused_together(
    provider: Provider, simulator: DodoSimulator
) -> None:
    starter = product("CRM Starter, monthly")
    with pytest.raises(Refused) as caught:
        await provider.planner.create_group(CRM, GroupChange(name="Yearly"), [ICONS[0], starter])
    assert caught.value.refusals == (
        name_taken(YEARLY, "Yearly"),
        in_another_group(starter, MONTHLY),
    )
    assert take_calls(simulator) == [("GET", path_of(CRM), None)]


UNNAMED = [GroupChange(), GroupChange(name=None)]


@pytest.mark.parametrize("change", UNNAMED)
async def test_the_vendor_decides_about_a_second_unnamed_group(
    provider: Provider, simulator: DodoSimulator, change: GroupChange
) -> None:
    """Both official SDKs allow it; only clearing a name is documented to be rejected."""
    plan = await provider.planner.create_group(WRITERS_UNNAMED.collection, change, ICONS[:1])
    await run_plan(plan)
    created = plan.result.group
    assert created is not None
    assert (created, plan.result.entity) != (WRITERS_UNNAMED, None)
    assert group_record(simulator, created)["name"] is None
    assert members(simulator, created) == ICONS[:1]
    assert take_methods(simulator) == ["GET", "POST"]


@pytest.mark.parametrize("change", UNNAMED)
@pytest.mark.parametrize(
    ("products", "calls"), [([], ["GET"]), (ICONS[:1], ["GET", "GET"])], ids=["no product", "one"]
)
async def test_a_second_unnamed_group_that_the_vendor_rejects_is_taken(
    fail_with: FailWith,
    simulator: DodoSimulator,
    change: GroupChange,
    products: list[ProductRef],
    calls: list[str],
) -> None:
    provider = fail_with({"POST": [NOT_ACCEPTED]})
    plan = await provider.planner.create_group(WRITERS_UNNAMED.collection, change, products)
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    assert caught.value.refusals == (name_taken(WRITERS_UNNAMED, None),)
    assert take_methods(simulator) == calls


async def test_a_group_cannot_be_created_in_an_unknown_collection(provider: Provider) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.create_group(UNKNOWN_COLLECTION, GroupChange(name="New"), [])
    assert caught.value.refusals == (
        NotFound(message="The collection does not exist.", about=UNKNOWN_COLLECTION),
    )


async def test_a_group_cannot_be_created_in_an_archived_collection(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.create_group(CRM_2024, GroupChange(name="New"), ICONS)
    take_calls(simulator)
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    assert caught.value.refusals == (
        NotFound(message="The collection does not exist, or is archived.", about=CRM_2024),
    )
    assert [method for method, _, _ in take_calls(simulator)] == ["POST"]


async def test_one_read_finds_the_unknown_product_of_a_rejected_group(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.create_group(CRM, GroupChange(name="New"), [UNKNOWN_PRODUCT])
    take_calls(simulator)
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    assert caught.value.refusals == (
        NotFound(message="The product does not exist.", about=UNKNOWN_PRODUCT),
    )
    assert [call[:2] for call in take_calls(simulator)] == [
        ("POST", GROUPS),
        ("GET", "/products/pdt_unknown"),
    ]


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        (NOT_ACCEPTED, INVALID),
        (
            Fault(status=404),
            NotFound(message="The collection does not exist, or is archived.", about=CRM),
        ),
    ],
)
async def test_a_rejected_group_without_products_is_diagnosed_without_a_read(
    fail_with: FailWith, simulator: DodoSimulator, fault: Fault, refusal: InvalidInput | NotFound
) -> None:
    provider = fail_with({"POST": [fault]})
    plan = await provider.planner.create_group(CRM, GroupChange(name="New"), [])
    take_calls(simulator)
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    assert caught.value.refusals == (refusal,)
    assert take_calls(simulator) == []


@pytest.mark.parametrize("products", [ICONS, []])
async def test_a_group_created_without_a_response_is_found_in_its_collection(
    fail_with: FailWith, simulator: DodoSimulator, products: list[ProductRef]
) -> None:
    provider = fail_with({"POST": [LOST_RESPONSE]})
    with request_scope():
        plan = await provider.planner.create_group(CRM, GroupChange(name="New"), products)
        await run_plan(plan)
    created = plan.result.group
    assert created is not None
    assert plan.result.entity == Group(ref=created, name="New")
    assert members(simulator, created) == products
    assert [method for method, _, _ in take_calls(simulator)] == ["GET", "POST", "GET"]


@pytest.mark.parametrize("fault", [LOST_CALL, BROKEN])
async def test_a_group_not_found_after_a_lost_response_may_still_be_created(
    fail_with: FailWith, simulator: DodoSimulator, fault: Fault
) -> None:
    before = simulator.snapshot()
    provider = fail_with({"POST": [fault]})
    with request_scope():
        plan = await provider.planner.create_group(CRM, GroupChange(name="New"), ICONS)
        with pytest.raises(Unavailable) as caught:
            await run_plan(plan)
    assert (caught.value.outcome, plan.result.group) == (WriteOutcome.UNKNOWN, None)
    assert simulator.snapshot() == before


async def test_a_group_that_was_not_created_is_not_searched_for(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"POST": [DENIED]})
    plan = await provider.planner.create_group(CRM, GroupChange(name="New"), ICONS)
    take_calls(simulator)
    with pytest.raises(Denied) as caught:
        await run_plan(plan)
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert take_calls(simulator) == []
