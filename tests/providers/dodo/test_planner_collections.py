"""Making and changing collections: exact calls, and what Dodo then holds."""

from typing import Any

import pytest

from groupgate.domain.catalog import GroupStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Malformed, Refused, Rejected, Unavailable, WriteOutcome
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef
from groupgate.domain.refusals import Conflict, InvalidInput, NotFound, UserErrorCode
from groupgate.providers.dodo import Settings
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.dodo.changing import (
    CRM,
    CRM_2024,
    ICONS,
    MONTHLY,
    NO_COLLECTION,
    NO_PRODUCT,
    PLACES,
    asked,
    carry,
    entries,
    held,
    path_of,
    product,
    told,
)
from tests.providers.dodo.faults import (
    BROKEN,
    LOST_ANSWER,
    LOST_CALL,
    NOT_ACCEPTED,
    ODD_REFUSAL,
    Fault,
    failing,
)
from tests.providers.dodo.reading import collection_ref, group_ref

pytestmark = pytest.mark.anyio

ICON_SHOP = CollectionChange(name="Icon shop", description="Pictures for buttons.")
IT_IS_GONE = "It does not exist, or no longer."
IT_IS_AWAY = "It does not exist, or is archived."
NOT_TAKEN = InvalidInput(
    message="Dodo Payments does not accept this change.", code=UserErrorCode.INVALID
)


def record(simulator: DodoSimulator, ref: CollectionRef) -> dict[str, Any]:
    """What the vendor holds of a collection."""
    found: dict[str, Any] = simulator.snapshot()["collections"][ref.native_id]
    return found


@pytest.mark.parametrize(
    ("change", "body", "held_then"),
    [
        (
            CollectionChange(name="CRM"),
            {"name": "CRM"},
            ("CRM", "Plans and extras for teams that sell."),
        ),
        (CollectionChange(description=None), {"description": None}, ("Kestrel CRM", None)),
        (CollectionChange(description=""), {"description": ""}, ("Kestrel CRM", "")),
        (
            CollectionChange(name="CRM", description="All of it."),
            {"name": "CRM", "description": "All of it."},
            ("CRM", "All of it."),
        ),
    ],
)
async def test_a_change_is_one_patch_of_just_what_is_given(
    provider: Provider,
    simulator: DodoSimulator,
    change: CollectionChange,
    body: dict[str, Any],
    held_then: tuple[str, str | None],
) -> None:
    plan = await provider.planner.update_collection(CRM, change)
    assert asked(simulator) == []
    await carry(plan)
    assert asked(simulator) == [("PATCH", path_of(CRM), body)]
    now = record(simulator, CRM)
    assert (now["name"], now["description"]) == held_then


async def test_a_change_is_told_before_it_is_made(provider: Provider) -> None:
    change = CollectionChange(name="CRM", description=None)
    assert told(await provider.planner.update_collection(CRM, change)) == [
        (
            "PATCH",
            path_of(CRM),
            f"Change the name and description of the collection {CRM.native_id}.",
        )
    ]


@pytest.mark.parametrize("ref", [NO_COLLECTION, CRM_2024])
async def test_a_collection_that_is_gone_or_archived_cannot_be_changed(
    provider: Provider, simulator: DodoSimulator, ref: CollectionRef
) -> None:
    plan = await provider.planner.update_collection(ref, CollectionChange(name="CRM"))
    with pytest.raises(Refused) as caught:
        await carry(plan)
    assert caught.value.refusals == (NotFound(message=IT_IS_AWAY, about=ref),)
    assert asked(simulator) == [("PATCH", path_of(ref), {"name": "CRM"})]


@pytest.mark.parametrize("native_id", ["..", ".", "", None])
async def test_an_id_that_cannot_stand_in_a_path_is_never_sent(
    provider: Provider, simulator: DodoSimulator, native_id: str | None
) -> None:
    ref = collection_ref(native_id)
    gone = (NotFound(message=IT_IS_GONE, about=ref),)
    for planning in (
        provider.planner.update_collection(ref, CollectionChange(name="CRM")),
        provider.planner.reorder_groups(ref, []),
        provider.planner.archive_collection(ref),
        provider.planner.unarchive_collection(ref),
        provider.planner.create_group(ref, GroupChange(name="New"), []),
    ):
        with pytest.raises(Refused) as caught:
            await planning
        assert caught.value.refusals == gone
    assert asked(simulator) == []


async def test_what_the_vendor_does_not_accept_is_the_users_matter(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, PATCH=[NOT_ACCEPTED])
    plan = await provider.planner.update_collection(CRM, CollectionChange(name="CRM"))
    with pytest.raises(Refused) as caught:
        await carry(plan)
    assert caught.value.refusals == (NOT_TAKEN,)


async def test_a_refusal_without_a_known_meaning_is_the_vendors_failure(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, PATCH=[ODD_REFUSAL])
    plan = await provider.planner.update_collection(CRM, CollectionChange(name="CRM"))
    with pytest.raises(Rejected) as caught:
        await carry(plan)
    assert (caught.value.status, caught.value.outcome) == (418, WriteOutcome.NOT_APPLIED)


async def test_groups_are_put_in_order_by_one_patch(
    provider: Provider, simulator: DodoSimulator
) -> None:
    order = [group["id"] for group in record(simulator, CRM)["groups"]][::-1]
    plan = await provider.planner.reorder_groups(
        CRM, [group_ref(CRM.native_id, each) for each in order]
    )
    assert told(plan) == [
        ("PATCH", path_of(CRM), f"Put the groups of the collection {CRM.native_id} in order.")
    ]
    await carry(plan)
    assert asked(simulator) == [("PATCH", path_of(CRM), {"group_order": order})]
    assert [group["id"] for group in record(simulator, CRM)["groups"]] == order


async def test_a_stale_order_of_groups_is_not_accepted(
    provider: Provider, simulator: DodoSimulator
) -> None:
    before = simulator.snapshot()
    plan = await provider.planner.reorder_groups(CRM, [MONTHLY])
    with pytest.raises(Refused) as caught:
        await carry(plan)
    assert caught.value.refusals == (NOT_TAKEN,)
    assert simulator.snapshot() == before


async def test_a_collection_is_made_with_its_first_group_by_one_post(
    provider: Provider, simulator: DodoSimulator
) -> None:
    group = GroupChange(name="Flat", status=GroupStatus.INACTIVE)
    plan = await provider.planner.create_collection(ICON_SHOP, group, ICONS)
    assert told(plan) == [("POST", PLACES, 'Make the collection "Icon shop" with 2 products.')]
    assert asked(simulator) == []
    await carry(plan)
    first = {"group_name": "Flat", "status": False, **entries(*ICONS)}
    body = {"name": "Icon shop", "description": "Pictures for buttons.", "groups": [first]}
    assert asked(simulator) == [("POST", PLACES, body)]
    assert plan.result.collection is not None
    now = record(simulator, plan.result.collection)
    assert (now["name"], now["description"]) == ("Icon shop", "Pictures for buttons.")
    (made,) = now["groups"]
    assert (made["name"], made["status"]) == ("Flat", False)
    assert [item["product_id"] for item in made["items"]] == [each.native_id for each in ICONS]


async def test_a_first_group_of_which_nothing_is_said_is_unnamed(
    provider: Provider, simulator: DodoSimulator
) -> None:
    change = CollectionChange(name="Icon shop")
    await carry(await provider.planner.create_collection(change, GroupChange(), ICONS[:1]))
    body = {"name": "Icon shop", "groups": [entries(ICONS[0])]}
    assert asked(simulator) == [("POST", PLACES, body)]


async def test_a_collection_without_a_product_is_refused_unasked(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.create_collection(ICON_SHOP, GroupChange(), [])
    assert caught.value.refusals == (
        InvalidInput(
            message="Dodo Payments keeps no collection without a product; name at least one.",
            code=UserErrorCode.BLANK,
            field=("productIds",),
        ),
    )
    assert asked(simulator) == []


async def test_a_collection_of_an_unknown_product_is_explained_by_one_read(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.create_collection(ICON_SHOP, GroupChange(), [NO_PRODUCT])
    with pytest.raises(Refused) as caught:
        await carry(plan)
    assert caught.value.refusals == (
        NotFound(message="There is no such product.", about=NO_PRODUCT),
    )
    assert [call[:2] for call in asked(simulator)] == [
        ("POST", PLACES),
        ("GET", "/products/pdt_unknown"),
    ]


async def test_a_refused_collection_that_nothing_explains_is_not_accepted(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[Fault(status=404)])
    plan = await provider.planner.create_collection(ICON_SHOP, GroupChange(), ICONS[:1])
    with pytest.raises(Refused) as caught:
        await carry(plan)
    assert caught.value.refusals == (NOT_TAKEN,)


@pytest.mark.parametrize(
    "fault",
    [LOST_ANSWER, Fault(status=502, reaches_vendor=True), Fault(status=200, reaches_vendor=True)],
)
async def test_a_collection_whose_answer_is_lost_is_found_by_its_first_product(
    settings: Settings, simulator: DodoSimulator, fault: Fault
) -> None:
    provider = failing(settings, simulator, POST=[fault])
    plan = await provider.planner.create_collection(ICON_SHOP, GroupChange(name="Flat"), ICONS)
    with request_scope():
        await carry(plan)
    made = plan.result.collection
    assert made is not None
    assert record(simulator, made)["name"] == "Icon shop"
    assert [call[:2] for call in asked(simulator)] == [
        ("POST", PLACES),
        ("GET", f"/products/{ICONS[0].native_id}"),
        ("GET", path_of(made)),
    ]


@pytest.mark.parametrize("fault", [LOST_CALL, BROKEN])
async def test_a_collection_that_is_not_found_then_may_still_come(
    settings: Settings, simulator: DodoSimulator, fault: Fault
) -> None:
    before = simulator.snapshot()
    provider = failing(settings, simulator, POST=[fault])
    plan = await provider.planner.create_collection(ICON_SHOP, GroupChange(), ICONS)
    with pytest.raises(Unavailable) as caught:
        await carry(plan)
    assert (caught.value.outcome, plan.result.collection) == (WriteOutcome.UNKNOWN, None)
    assert [call[:2] for call in asked(simulator)] == [("GET", f"/products/{ICONS[0].native_id}")]
    assert simulator.snapshot() == before


async def test_a_look_that_fails_leaves_it_unknown(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[LOST_ANSWER], GET=[BROKEN])
    plan = await provider.planner.create_collection(ICON_SHOP, GroupChange(), ICONS)
    with pytest.raises(Unavailable) as caught:
        await carry(plan)
    assert (caught.value.outcome, caught.value.message) == (
        WriteOutcome.UNKNOWN,
        "It did not answer in time.",
    )


@pytest.mark.parametrize(
    ("change", "group", "products"),
    [
        (CollectionChange(name="Another shop"), GroupChange(), ICONS),
        (ICON_SHOP, GroupChange(name="Another group"), ICONS),
        (ICON_SHOP, GroupChange(), ICONS[:1]),
    ],
)
async def test_another_collection_is_not_taken_for_the_one_that_was_lost(
    settings: Settings,
    simulator: DodoSimulator,
    change: CollectionChange,
    group: GroupChange,
    products: list[Any],
) -> None:
    provider = failing(settings, simulator, POST=[None, LOST_CALL])
    await carry(await provider.planner.create_collection(ICON_SHOP, GroupChange(), ICONS))
    plan = await provider.planner.create_collection(change, group, products)
    with pytest.raises(Unavailable):
        await carry(plan)
    assert plan.result.collection is None


async def test_an_old_collection_is_not_taken_for_the_one_that_was_lost(
    settings: Settings,
) -> None:
    old = DodoSimulator(rate_per_second=None, rate_per_minute=None, clock=lambda: 1_700_000_000.0)
    provider = failing(settings, old, POST=[None, LOST_CALL])
    await carry(await provider.planner.create_collection(ICON_SHOP, GroupChange(), ICONS))
    plan = await provider.planner.create_collection(ICON_SHOP, GroupChange(), ICONS)
    with pytest.raises(Unavailable) as caught:
        await carry(plan)
    assert caught.value.outcome is WriteOutcome.UNKNOWN


async def test_archiving_is_one_delete_and_can_be_asked_twice(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.archive_collection(CRM)
    assert told(plan) == [("DELETE", path_of(CRM), f"Archive the collection {CRM.native_id}.")]
    await carry(plan)
    await carry(plan)
    assert asked(simulator) == [("DELETE", path_of(CRM), None)] * 2
    assert record(simulator, CRM)["archived"] is True


async def test_archiving_or_bringing_back_nothing_is_told(provider: Provider) -> None:
    for planning in (
        provider.planner.archive_collection(NO_COLLECTION),
        provider.planner.unarchive_collection(NO_COLLECTION),
    ):
        plan = await planning
        with pytest.raises(Refused) as caught:
            await carry(plan)
        assert caught.value.refusals == (NotFound(message=IT_IS_AWAY, about=NO_COLLECTION),)


async def test_a_collection_comes_back_without_its_archived_products(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.unarchive_collection(CRM_2024)
    path = f"{path_of(CRM_2024)}/unarchive"
    assert told(plan) == [("POST", path, f"Bring back the collection {CRM_2024.native_id}.")]
    await carry(plan)
    assert asked(simulator) == [("POST", path, None)]
    assert plan.result.excluded == (product("CRM Duo 2024"), product("CRM Duo 2024, yearly"))
    assert record(simulator, CRM_2024)["archived"] is False


async def test_a_collection_of_archived_products_only_stays_away(
    settings: Settings, simulator: DodoSimulator
) -> None:
    body = b'{"code": "PRODUCT_COLLECTION_MUST_HAVE_PRODUCTS", "message": ""}'
    provider = failing(settings, simulator, POST=[Fault(status=422, body=body)])
    plan = await provider.planner.unarchive_collection(CRM_2024)
    with pytest.raises(Refused) as caught:
        await carry(plan)
    assert caught.value.refusals == (
        Conflict(
            message="A collection has to keep at least one product.",
            code=UserErrorCode.LAST_PRODUCT,
            about=CRM_2024,
        ),
    )


async def test_an_error_in_the_place_of_the_answer_does_not_bring_a_collection_back(
    settings: Settings, simulator: DodoSimulator
) -> None:
    body = b'{"code": "INTERNAL", "message": "no"}'
    provider = failing(settings, simulator, POST=[Fault(status=200, body=body)])
    plan = await provider.planner.unarchive_collection(CRM_2024)
    with pytest.raises(Malformed) as caught:
        await carry(plan)
    assert caught.value.outcome is WriteOutcome.UNKNOWN
    assert record(simulator, CRM_2024)["archived"] is True


async def test_what_was_read_before_a_write_is_read_anew_after_it(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        await provider.get_collections([CRM])
        await carry(await provider.planner.update_collection(CRM, CollectionChange(name="CRM")))
        found = (await provider.get_collections([CRM]))[CRM]
    assert getattr(found, "name", None) == "CRM"
    assert [method for method, _, _ in asked(simulator)] == ["GET", "PATCH", "GET"]
    assert len(held(simulator, MONTHLY)) == 4
