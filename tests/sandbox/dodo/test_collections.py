"""Collections through the official SDK."""

from typing import Any

import dodopayments
import pytest
from dodopayments import AsyncDodoPayments

from groupgate.sandbox.dodo import DodoSimulator
from tests.sandbox.dodo.conftest import Clock

pytestmark = pytest.mark.anyio

UNKNOWN = "pdc_000000000000000000000"


async def _names(sdk: AsyncDodoPayments, **query: Any) -> list[str]:
    page = await sdk.product_collections.list(page_size=100, **query)
    return [each.name for each in page.items]


async def test_the_list_shows_live_collections_oldest_first(sdk: AsyncDodoPayments) -> None:
    live = [
        "Kestrel CRM",
        "Kestrel Cloud",
        "Marginalia for writers",
        "Kestrel Academy",
        "Kestrel Desk",
    ]
    assert await _names(sdk) == live
    assert await _names(sdk, archived=False) == live
    assert await _names(sdk, archived=True) == ["Kestrel CRM 2024"]


async def test_the_list_has_summaries(sdk: AsyncDodoPayments, ids: dict[str, str]) -> None:
    first = (await sdk.product_collections.list(page_size=1)).items[0]
    assert first.to_dict(mode="json") == {
        "id": ids["Kestrel CRM"],
        "name": "Kestrel CRM",
        "description": "Plans and extras for teams that sell.",
        "image": first.image,
        "products_count": 16,
        "created_at": "2025-02-03T09:12:41Z",
        "updated_at": "2026-09-18T14:05:22Z",
    }


async def test_the_list_can_be_narrowed_to_a_brand(sdk: AsyncDodoPayments) -> None:
    brands = (await sdk.brands.list()).items
    counts = [
        len((await sdk.product_collections.list(brand_id=brand.brand_id)).items) for brand in brands
    ]
    assert [brand.name for brand in brands] == ["Kestrel Works", "Marginalia", "Kestrel Labs"]
    assert counts == [4, 1, 0]
    assert (await sdk.product_collections.list(brand_id="unknown")).items == []


async def test_a_collection_is_read_with_its_groups(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    academy = await sdk.product_collections.retrieve(ids["Kestrel Academy"])
    assert [(group.group_name, len(group.products)) for group in academy.groups] == [
        ("United States", 20),
        ("Deutschland", 20),
        ("日本", 20),
        ("Kuwait", 20),
        ("Brasil", 20),
    ]
    first = [group.products[0] for group in academy.groups]
    assert [(each.price, each.currency) for each in first] == [
        (9900, "USD"),
        (9900, "EUR"),
        (14850, "JPY"),
        (29700, "KWD"),
        (49500, "BRL"),
    ]


async def test_an_archived_collection_is_still_read_by_id(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    old = await sdk.product_collections.retrieve(ids["Kestrel CRM 2024"])
    assert (old.name, len(old.groups)) == ("Kestrel CRM 2024", 2)


async def test_an_unknown_collection_is_404(sdk: AsyncDodoPayments) -> None:
    with pytest.raises(dodopayments.NotFoundError) as failure:
        await sdk.product_collections.retrieve(UNKNOWN)
    assert failure.value.body == {"code": "NOT_FOUND", "message": "Product collection not found"}


async def test_a_locale_swaps_the_texts_that_are_translated(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    crm = ids["Kestrel CRM"]
    base = "Plans and extras for teams that sell."
    texts = {}
    for locale in ("fr", "de", "tr", "klingon"):
        shown = await sdk.product_collections.retrieve(crm, locale=locale)
        texts[locale] = (shown.name, shown.description)
    assert texts == {
        "fr": ("CRM Kestrel", base),
        "de": ("Kestrel CRM", "Tarife und Extras für Vertriebsteams."),
        "tr": ("Kestrel CRM", base),
        "klingon": ("Kestrel CRM", base),
    }
    listed = (await sdk.product_collections.list(locale="fr")).items
    assert listed[0].name == "CRM Kestrel"


async def test_a_collection_is_created_with_its_groups(
    sdk: AsyncDodoPayments, ids: dict[str, str], dodo: DodoSimulator
) -> None:
    made = await sdk.product_collections.create(
        name="Tools",
        description="Small things",
        on_payment_failure="apply_change",
        groups=[
            {
                "group_name": "Monthly",
                "products": [
                    {"product_id": ids["Status page"]},
                    {"product_id": ids["Short links"], "status": False},
                ],
            },
            {"group_name": "Later", "products": [], "status": False},
        ],
    )
    assert made.id.startswith("pdc_")
    assert made.created_at.isoformat() == "2026-11-22T12:00:00+00:00"
    assert made.updated_at == made.created_at
    assert (made.name, made.description, made.image) == ("Tools", "Small things", None)
    assert (made.on_payment_failure, made.effective_at_on_upgrade) == ("apply_change", None)
    assert made.brand_id == (await sdk.brands.list()).items[0].brand_id
    assert [(group.group_name, group.status) for group in made.groups] == [
        ("Monthly", True),
        ("Later", False),
    ]
    rows = [(each.product_id, each.status) for each in made.groups[0].products]
    assert rows == [(ids["Status page"], True), (ids["Short links"], False)]
    assert dodo.snapshot()["products"][ids["Status page"]]["collection_id"] == made.id
    assert await sdk.product_collections.retrieve(made.id) == made


async def test_several_unnamed_groups_may_be_created_at_once(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    made = await sdk.product_collections.create(
        name="Tools",
        groups=[
            {"products": [{"product_id": ids["Status page"]}]},
            {"products": [], "group_name": None},
        ],
    )
    assert [group.group_name for group in made.groups] == [None, None]


async def test_a_collection_without_products_is_refused(
    sdk: AsyncDodoPayments, dodo: DodoSimulator
) -> None:
    before = dodo.snapshot()
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await sdk.product_collections.create(name="Empty", groups=[{"products": []}])
    assert failure.value.body == {
        "code": "PRODUCT_COLLECTION_MUST_HAVE_PRODUCTS",
        "message": "The last product of a collection cannot be removed",
    }
    assert dodo.snapshot() == before


async def test_a_brand_that_is_not_enabled_is_refused(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    labs = (await sdk.brands.list()).items[2]
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await sdk.product_collections.update(ids["Kestrel CRM"], brand_id=labs.brand_id)
    assert failure.value.body == {
        "code": "BRAND_NOT_ENABLED",
        "message": f"Brand {labs.brand_id} is not enabled",
    }


async def test_fields_are_set_cleared_and_left(
    sdk: AsyncDodoPayments, ids: dict[str, str], clock: Clock
) -> None:
    crm = ids["Kestrel CRM"]
    image_id = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
    clock.now += 60
    await sdk.product_collections.update(
        crm, name="CRM", description=None, image_id=image_id, effective_at_on_upgrade=None
    )
    changed = await sdk.product_collections.retrieve(crm)
    assert (changed.name, changed.description) == ("CRM", None)
    assert changed.image == f"https://images.dodo.example/{image_id}.png"
    assert changed.effective_at_on_upgrade is None
    assert changed.effective_at_on_downgrade == "next_billing_date"
    assert changed.updated_at.isoformat() == "2026-11-22T12:01:00+00:00"
    await sdk.product_collections.update(crm, name=None, image_id=None)
    again = await sdk.product_collections.retrieve(crm)
    assert (again.name, again.description, again.image) == ("CRM", None, None)


async def test_a_collection_moves_to_another_brand(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    marginalia = (await sdk.brands.list()).items[1].brand_id
    await sdk.product_collections.update(ids["Kestrel Desk"], brand_id=marginalia)
    moved = await sdk.product_collections.retrieve(ids["Kestrel Desk"])
    assert moved.brand_id == marginalia


async def test_groups_are_put_in_another_order(sdk: AsyncDodoPayments, ids: dict[str, str]) -> None:
    desk = ids["Kestrel Desk"]
    wanted = ["East Asia", "Gulf", "India"]
    await sdk.product_collections.update(
        desk, group_order=[ids[f"Kestrel Desk / {name}"] for name in wanted]
    )
    shown = await sdk.product_collections.retrieve(desk)
    assert [group.group_name for group in shown.groups] == wanted


@pytest.mark.parametrize(
    "order",
    [
        ["Gulf", "India"],
        ["Gulf", "India", "India"],
        ["Gulf", "India", "East Asia", "East Asia"],
        [],
    ],
)
async def test_an_order_that_is_no_permutation_is_refused(
    sdk: AsyncDodoPayments, ids: dict[str, str], dodo: DodoSimulator, order: list[str]
) -> None:
    before = dodo.snapshot()
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await sdk.product_collections.update(
            ids["Kestrel Desk"],
            name="Changed",
            group_order=[ids[f"Kestrel Desk / {name}"] for name in order],
        )
    assert failure.value.body == {
        "code": "INVALID_REQUEST_PARAMETERS",
        "message": "group_order must name every entry exactly once",
    }
    assert dodo.snapshot() == before


async def test_archiving_twice_is_410(sdk: AsyncDodoPayments, ids: dict[str, str]) -> None:
    desk = ids["Kestrel Desk"]
    await sdk.product_collections.delete(desk)
    assert "Kestrel Desk" in await _names(sdk, archived=True)
    assert "Kestrel Desk" not in await _names(sdk)
    with pytest.raises(dodopayments.APIStatusError) as failure:
        await sdk.product_collections.delete(desk)
    assert failure.value.status_code == 410
    assert failure.value.body == {"code": "PRODUCT_COLLECTION_IS_DELETED", "message": ""}


async def test_unarchiving_drops_archived_products(
    sdk: AsyncDodoPayments, ids: dict[str, str], dodo: DodoSimulator
) -> None:
    old = ids["Kestrel CRM 2024"]
    restored = await sdk.product_collections.unarchive(old)
    excluded = [ids["CRM Duo 2024"], ids["CRM Duo 2024, yearly"]]
    assert (restored.collection_id, restored.excluded_product_ids) == (old, excluded)
    assert "Kestrel CRM 2024" in await _names(sdk)
    groups = dodo.snapshot()["collections"][old]["groups"]
    assert [len(group["items"]) for group in groups] == [2, 1]


async def test_a_collection_of_archived_products_stays_archived(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    for name in ("CRM Solo 2024", "CRM Crew 2024", "CRM Solo 2024, yearly"):
        await sdk.products.archive(ids[name])
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await sdk.product_collections.unarchive(ids["Kestrel CRM 2024"])
    assert isinstance(failure.value.body, dict)
    assert failure.value.body["code"] == "PRODUCT_COLLECTION_MUST_HAVE_PRODUCTS"
    assert await _names(sdk, archived=True) == ["Kestrel CRM 2024"]


async def test_unarchiving_a_live_collection_changes_nothing(
    sdk: AsyncDodoPayments, ids: dict[str, str], dodo: DodoSimulator
) -> None:
    before = dodo.snapshot()
    restored = await sdk.product_collections.unarchive(ids["Kestrel Desk"])
    assert restored.excluded_product_ids == []
    assert dodo.snapshot() == before


async def test_an_archived_collection_cannot_be_changed(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    with pytest.raises(dodopayments.APIStatusError) as failure:
        await sdk.product_collections.update(ids["Kestrel CRM 2024"], name="Again")
    assert failure.value.status_code == 410
