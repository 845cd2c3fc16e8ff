"""Making, changing and deleting groups: exact calls, and what Dodo then holds."""

from collections.abc import Sequence
from typing import Any

import pytest

from groupgate.domain.catalog import Group, GroupStatus
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Denied, Refused, Unavailable, WriteOutcome
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import Conflict, InvalidInput, NotFound, UserErrorCode
from groupgate.providers.dodo import Settings
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.dodo.changing import (
    ADD_ONS,
    CRM,
    CRM_2024,
    EDGE,
    ICONS,
    MONTHLY,
    NO_COLLECTION,
    NO_GROUP,
    NO_PRODUCT,
    YEARLY,
    asked,
    carry,
    entries,
    group,
    held,
    icon_shop,
    path_of,
    product,
    told,
)
from tests.providers.dodo.faults import (
    BROKEN,
    DENIED,
    LOST_ANSWER,
    LOST_CALL,
    NOT_ACCEPTED,
    Fault,
    failing,
)
from tests.providers.dodo.reading import group_ref

pytestmark = pytest.mark.anyio

WRITERS_UNNAMED = group("Marginalia for writers", "None")
UPDATES = group("Marginalia for writers", "Updates")
GROUPS = f"{path_of(CRM)}/groups"
IT_IS_GONE = "It does not exist, or no longer."
IT_IS_AWAY = "It does not exist, or is archived."
ELSEWHERE = "This product is in another group; take it out there first, or move it."
NOT_TAKEN = InvalidInput(
    message="Dodo Payments does not accept this change.", code=UserErrorCode.INVALID
)


def taken(conflicting_ref: GroupRef, name: str | None) -> Conflict:
    """What tells that a name is taken."""
    message = (
        f'Another group of the collection has the name "{name}".'
        if name
        else "Another group of the collection has no name either."
    )
    code = UserErrorCode.TAKEN
    return Conflict(
        message=message, code=code, field=("input", "name"), conflicting_ref=conflicting_ref
    )


def record(simulator: DodoSimulator, ref: GroupRef) -> dict[str, Any]:
    """What the vendor holds of a group."""
    groups = simulator.snapshot()["collections"][ref.collection_id]["groups"]
    found: dict[str, Any] = next(each for each in groups if each["id"] == ref.native_id)
    return found


@pytest.mark.parametrize(
    ("change", "products", "body"),
    [
        (
            GroupChange(name="Icons", status=GroupStatus.INACTIVE),
            ICONS,
            {"group_name": "Icons", "status": False, **entries(*ICONS)},
        ),
        (GroupChange(name=None), ICONS[:1], {"group_name": None, **entries(ICONS[0])}),
        (GroupChange(), [], {"products": []}),
    ],
)
async def test_a_group_is_made_by_a_read_and_one_post(
    provider: Provider,
    simulator: DodoSimulator,
    change: GroupChange,
    products: Sequence[ProductRef],
    body: dict[str, Any],
) -> None:
    plan = await provider.planner.create_group(CRM, change, products)
    assert asked(simulator) == [("GET", path_of(CRM), None)]
    await carry(plan)
    assert asked(simulator) == [("POST", GROUPS, body)]
    made = plan.result.group
    assert made is not None
    name, status = body.get("group_name"), body.get("status", True)
    assert plan.result.entity == Group(
        ref=made, name=name, status=GroupStatus.ACTIVE if status else GroupStatus.INACTIVE
    )
    assert held(simulator, made) == list(products)
    assert (record(simulator, made)["name"], record(simulator, made)["status"]) == (name, status)


@pytest.mark.parametrize(
    ("change", "products", "description"),
    [
        (GroupChange(name="Icons"), ICONS, 'the group "Icons" with 2 products'),
        (GroupChange(name="Icons"), ICONS[:1], 'the group "Icons" with 1 product'),
        (GroupChange(name=None), [], "an unnamed group with 0 products"),
        (GroupChange(), [], "an unnamed group with 0 products"),
    ],
)
async def test_a_new_group_is_told_before_it_is_made(
    provider: Provider,
    change: GroupChange,
    products: Sequence[ProductRef],
    description: str,
) -> None:
    plan = await provider.planner.create_group(CRM, change, products)
    assert told(plan) == [("POST", GROUPS, f'Make {description} in "Kestrel CRM".')]


async def test_all_that_is_in_the_way_of_a_group_is_told_at_once(
    provider: Provider, simulator: DodoSimulator
) -> None:
    starter = product("CRM Starter, monthly")
    with pytest.raises(Refused) as caught:
        await provider.planner.create_group(CRM, GroupChange(name="Yearly"), [ICONS[0], starter])
    assert caught.value.refusals == (
        taken(YEARLY, "Yearly"),
        Conflict(
            message=ELSEWHERE,
            code=UserErrorCode.IN_ANOTHER_GROUP,
            about=starter,
            conflicting_ref=MONTHLY,
        ),
    )
    assert asked(simulator) == [("GET", path_of(CRM), None)]


@pytest.mark.parametrize("change", [GroupChange(), GroupChange(name=None)])
async def test_a_second_unnamed_group_is_refused(provider: Provider, change: GroupChange) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.create_group(WRITERS_UNNAMED.collection, change, [])
    assert caught.value.refusals == (taken(WRITERS_UNNAMED, None),)


async def test_a_group_cannot_be_made_where_no_collection_is(provider: Provider) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.create_group(NO_COLLECTION, GroupChange(name="New"), [])
    assert caught.value.refusals == (NotFound(message=IT_IS_GONE, about=NO_COLLECTION),)


async def test_a_group_cannot_be_made_in_an_archived_collection(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.create_group(CRM_2024, GroupChange(name="New"), ICONS)
    asked(simulator)
    with pytest.raises(Refused) as caught:
        await carry(plan)
    assert caught.value.refusals == (NotFound(message=IT_IS_AWAY, about=CRM_2024),)
    assert [method for method, _, _ in asked(simulator)] == ["POST"]


async def test_a_group_of_an_unknown_product_is_explained_by_one_read(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.create_group(CRM, GroupChange(name="New"), [NO_PRODUCT])
    asked(simulator)
    with pytest.raises(Refused) as caught:
        await carry(plan)
    assert caught.value.refusals == (
        NotFound(message="There is no such product.", about=NO_PRODUCT),
    )
    assert [call[:2] for call in asked(simulator)] == [
        ("POST", GROUPS),
        ("GET", "/products/pdt_unknown"),
    ]


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        (NOT_ACCEPTED, NOT_TAKEN),
        (Fault(status=404), NotFound(message=IT_IS_AWAY, about=CRM)),
    ],
)
async def test_a_refused_group_without_products_needs_no_read_to_explain(
    settings: Settings,
    simulator: DodoSimulator,
    fault: Fault,
    refusal: InvalidInput | NotFound,
) -> None:
    provider = failing(settings, simulator, POST=[fault])
    plan = await provider.planner.create_group(CRM, GroupChange(name="New"), [])
    asked(simulator)
    with pytest.raises(Refused) as caught:
        await carry(plan)
    assert caught.value.refusals == (refusal,)
    assert asked(simulator) == []


@pytest.mark.parametrize("products", [ICONS, []])
async def test_a_group_whose_answer_is_lost_is_found_in_its_collection(
    settings: Settings, simulator: DodoSimulator, products: list[ProductRef]
) -> None:
    provider = failing(settings, simulator, POST=[LOST_ANSWER])
    with request_scope():
        plan = await provider.planner.create_group(CRM, GroupChange(name="New"), products)
        await carry(plan)
    made = plan.result.group
    assert made is not None
    assert plan.result.entity == Group(ref=made, name="New")
    assert held(simulator, made) == products
    assert [method for method, _, _ in asked(simulator)] == ["GET", "POST", "GET"]


@pytest.mark.parametrize("fault", [LOST_CALL, BROKEN])
async def test_a_group_that_is_not_found_then_may_still_come(
    settings: Settings, simulator: DodoSimulator, fault: Fault
) -> None:
    before = simulator.snapshot()
    provider = failing(settings, simulator, POST=[fault])
    with request_scope():
        plan = await provider.planner.create_group(CRM, GroupChange(name="New"), ICONS)
        with pytest.raises(Unavailable) as caught:
            await carry(plan)
    assert (caught.value.outcome, plan.result.group) == (WriteOutcome.UNKNOWN, None)
    assert simulator.snapshot() == before


async def test_a_group_that_was_never_asked_for_is_not_looked_for(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[DENIED])
    plan = await provider.planner.create_group(CRM, GroupChange(name="New"), ICONS)
    asked(simulator)
    with pytest.raises(Denied) as caught:
        await carry(plan)
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert asked(simulator) == []


@pytest.mark.parametrize(
    ("change", "body", "description"),
    [
        (GroupChange(name="Each month"), {"group_name": "Each month"}, "name"),
        (GroupChange(name=None), {"group_name": None}, "name"),
        (GroupChange(status=GroupStatus.INACTIVE), {"status": False}, "status"),
        (
            GroupChange(name="Each month", status=GroupStatus.ACTIVE),
            {"group_name": "Each month", "status": True},
            "name and status",
        ),
    ],
)
async def test_a_group_is_changed_by_one_patch_of_just_what_is_given(
    provider: Provider,
    simulator: DodoSimulator,
    change: GroupChange,
    body: dict[str, Any],
    description: str,
) -> None:
    plan = await provider.planner.update_group(MONTHLY, change)
    described = f"Change the {description} of the group {MONTHLY.native_id}."
    assert told(plan) == [("PATCH", path_of(MONTHLY), described)]
    await carry(plan)
    assert asked(simulator) == [("PATCH", path_of(MONTHLY), body)]
    now = record(simulator, MONTHLY)
    assert now["name"] == body.get("group_name", "Monthly")
    assert now["status"] is body.get("status", True)


@pytest.mark.parametrize(
    ("ref", "name", "conflicting_ref"),
    [(MONTHLY, "Yearly", YEARLY), (UPDATES, None, WRITERS_UNNAMED)],
)
async def test_a_name_that_is_taken_is_explained_by_one_read(
    provider: Provider,
    simulator: DodoSimulator,
    ref: GroupRef,
    name: str | None,
    conflicting_ref: GroupRef,
) -> None:
    before = simulator.snapshot()
    plan = await provider.planner.update_group(ref, GroupChange(name=name))
    with pytest.raises(Refused) as caught:
        await carry(plan)
    assert caught.value.refusals == (taken(conflicting_ref, name),)
    assert [call[:2] for call in asked(simulator)] == [
        ("PATCH", path_of(ref)),
        ("GET", path_of(ref.collection)),
    ]
    assert simulator.snapshot() == before


@pytest.mark.parametrize(
    ("change", "gets", "read"),
    [
        (GroupChange(name="Monthly"), [], 1),
        (GroupChange(name="Yearly"), [BROKEN], 0),
        (GroupChange(status=GroupStatus.ACTIVE), [], 0),
    ],
)
async def test_a_refused_change_that_nothing_explains_is_not_accepted(
    settings: Settings,
    simulator: DodoSimulator,
    change: GroupChange,
    gets: list[Fault | None],
    read: int,
) -> None:
    provider = failing(settings, simulator, PATCH=[NOT_ACCEPTED], GET=gets)
    plan = await provider.planner.update_group(MONTHLY, change)
    with pytest.raises(Refused) as caught:
        await carry(plan)
    assert caught.value.refusals == (NOT_TAKEN,)
    assert len(asked(simulator)) == read


@pytest.mark.parametrize("ref", [NO_GROUP, group("Kestrel CRM 2024", "Monthly")])
async def test_a_group_that_is_gone_or_archived_cannot_be_changed(
    provider: Provider, simulator: DodoSimulator, ref: GroupRef
) -> None:
    plan = await provider.planner.update_group(ref, GroupChange(name="New"))
    with pytest.raises(Refused) as caught:
        await carry(plan)
    assert caught.value.refusals == (NotFound(message=IT_IS_AWAY, about=ref),)
    assert [method for method, _, _ in asked(simulator)] == ["PATCH"]


@pytest.mark.parametrize(
    "ref", [group_ref(CRM.native_id, ".."), group_ref("..", "x"), group_ref(None, "x")]
)
async def test_a_group_id_that_cannot_stand_in_a_path_is_never_sent(
    provider: Provider, simulator: DodoSimulator, ref: GroupRef
) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.update_group(ref, GroupChange(name="New"))
    assert caught.value.refusals == (NotFound(message=IT_IS_GONE, about=ref),)
    assert asked(simulator) == []


async def test_ids_are_encoded_in_the_plan_as_they_are_sent(
    provider: Provider, simulator: DodoSimulator
) -> None:
    ref = group_ref("pdc/1 ü", "g?#%")
    plan = await provider.planner.update_group(ref, GroupChange(name="New"))
    with pytest.raises(Refused):
        await carry(plan)
    path = "/product-collections/pdc%2F1%20%C3%BC/groups/g%3F%23%25"
    assert [call.path for call in plan.calls] == [path]
    assert asked(simulator) == [("PATCH", path, {"group_name": "New"})]


async def test_a_group_is_deleted_by_a_read_and_one_delete(
    provider: Provider, simulator: DodoSimulator
) -> None:
    seats = held(simulator, ADD_ONS)[0]
    plan = await provider.planner.delete_group(ADD_ONS)
    assert told(plan) == [("DELETE", path_of(ADD_ONS), 'Delete the group "Add-ons".')]
    await carry(plan)
    assert asked(simulator) == [
        ("GET", path_of(CRM), None),
        ("DELETE", path_of(ADD_ONS), None),
    ]
    names = [each["name"] for each in simulator.snapshot()["collections"][CRM.native_id]["groups"]]
    assert names == ["Monthly", "Yearly", "Partners only"]
    assert simulator.snapshot()["products"][seats.native_id]["collection_id"] is None


async def test_an_empty_group_and_one_that_went_meanwhile_can_be_deleted(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.delete_group(EDGE)
    await carry(plan)
    asked(simulator)
    await carry(plan)
    assert asked(simulator) == [("DELETE", path_of(EDGE), None)]


async def test_a_group_that_is_not_there_cannot_be_deleted(provider: Provider) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.delete_group(NO_GROUP)
    assert caught.value.refusals == (NotFound(message=IT_IS_GONE, about=NO_GROUP),)


async def test_the_group_with_all_products_of_its_collection_has_to_stay(
    provider: Provider, simulator: DodoSimulator
) -> None:
    only = await icon_shop(provider, simulator)
    other = await provider.planner.create_group(only.collection, GroupChange(name="Empty"), [])
    await carry(other)
    asked(simulator)
    with pytest.raises(Refused) as caught:
        await provider.planner.delete_group(only)
    assert caught.value.refusals == (
        Conflict(
            message=(
                "The collection would be left without products, which the vendor does not allow."
            ),
            code=UserErrorCode.LAST_PRODUCT,
            about=only,
            conflicting_ref=only.collection,
        ),
    )
    assert asked(simulator) == [("GET", path_of(only.collection), None)]
