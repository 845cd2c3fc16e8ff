"""Conversion of Dodo's records."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec
import pytest

from groupgate.domain import catalog
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.providers.dodo import mapping, prices, wire
from tests.providers.dodo import records

MAPPER: Final = mapping.Mapper(ProviderKey.DODO)

CREATED = datetime(2026, 11, 1, 9, tzinfo=UTC)
UPDATED = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)


def collection_of(*groups: records.Json, **more: object) -> wire.ProductCollection:
    """Decode a collection with these groups."""
    return msgspec.convert(records.collection("pdc_1", *groups, **more), wire.ProductCollection)


def group_ref(native_id: str) -> GroupRef:
    """Return the ref of a group of that collection."""
    return GroupRef(provider=ProviderKey.DODO, collection_id="pdc_1", native_id=native_id)


def money(price: records.Json | None, amount: int | None = None, code: str | None = None) -> str:
    """Convert a price; return it as text."""
    detail = None if price is None else msgspec.convert(price, wire.Price)
    found = prices.price(detail, amount, code)
    return "null" if found is None else f"{found.amount} {found.currency_code}"


@pytest.mark.parametrize(
    ("minor", "code", "written"),
    [
        (1990, "USD", "19.90 USD"),
        (0, "EUR", "0.00 EUR"),
        (5, "EUR", "0.05 EUR"),
        (500, "JPY", "500 JPY"),
        (5000, "MGA", "5000 MGA"),
        (1500, "KWD", "15.00 KWD"),
        (1990, "BGN", "19.90 BGN"),
        (1990, "ISK", "19.90 ISK"),
        (1990, "MRU", "19.90 MRU"),
        (1990, "QQQ", "19.90 QQQ"),
        (1990, "usd", "19.90 usd"),
        (1990, "jpy", "1990 jpy"),
        (1990, "", "null"),
    ],
)
def test_minor_units_are_converted_with_the_decimals_of_the_vendor(
    minor: int, code: str, written: str
) -> None:
    assert money(records.one_time(minor, code)) == written
    assert money(None, minor, code) == written


@pytest.mark.parametrize(
    "code",
    [
        *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
        *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
    ],
)
def test_sixteen_currencies_have_no_decimals(code: str) -> None:
    assert money(None, 2147483647, code) == f"2147483647 {code}"


def test_a_price_without_a_currency_is_none() -> None:
    assert money(None, 900, None) == "null"
    assert money({"type": "one_time_price", "price": 900}) == "null"


def test_a_product_may_be_without_a_price() -> None:
    assert money(None, None, "USD") == "null"
    assert money(None) == "null"


def test_the_price_in_the_detail_precedes_the_flat_one() -> None:
    assert money(records.one_time(900, "EUR"), 100, "USD") == "9.00 EUR"


def test_a_recurring_price_is_that_of_one_period() -> None:
    assert money({"type": "recurring_price", "currency": "USD", "price": 900}) == "9.00 USD"


def test_a_usage_based_price_is_its_fixed_part() -> None:
    price = {"type": "usage_based_price", "currency": "USD", "fixed_price": 2500, "meters": []}
    assert money(price, 0, "USD") == "25.00 USD"


def test_a_price_chosen_by_the_buyer_is_none() -> None:
    assert money(records.one_time(500, pay_what_you_want=True, suggested_price=900)) == "null"
    assert money(records.one_time(500, pay_what_you_want=False)) == "5.00 USD"


def test_an_unknown_kind_of_price_is_none() -> None:
    price = {"type": "auction_price", "currency": "USD", "price": 900}
    assert money(price, 900, "USD") == "null"


def test_a_collection_has_name_description_and_dates() -> None:
    found = MAPPER.collection(collection_of(name="Plans", description="All of them"))
    assert found == catalog.ProductCollection(
        ref=CollectionRef(provider=ProviderKey.DODO, native_id="pdc_1"),
        name="Plans",
        description="All of them",
        created_at=CREATED,
        updated_at=UPDATED,
    )


def test_a_listed_collection_is_converted_alike() -> None:
    listed = msgspec.convert(
        records.listed_collection("pdc_1", description=None), wire.ProductCollectionListItem
    )
    assert MAPPER.collection(listed) == MAPPER.collection(collection_of())
    assert MAPPER.collection(listed).description == ""


@pytest.mark.parametrize(
    "written",
    ["2026-11-01T09:00:00", "2026-11-01T11:00:00+02:00", "2026-11-01T09:00:00.000000000Z"],
)
def test_dates_are_in_utc(written: str) -> None:
    found = MAPPER.collection(collection_of(created_at=written)).created_at
    assert found == CREATED
    assert found.tzinfo is UTC


def test_a_group_has_its_name_and_status() -> None:
    record = collection_of(records.group("g1", group_name="Monthly", status=False))
    assert MAPPER.group(record, record.groups[0]) == catalog.Group(
        ref=group_ref("g1"), name="Monthly", status=catalog.GroupStatus.INACTIVE
    )


@pytest.mark.parametrize("name", [None, ""])
def test_a_group_may_be_unnamed(name: str | None) -> None:
    record = collection_of(records.group("g1", group_name=name))
    found = MAPPER.group(record, record.groups[0])
    assert found.name is None
    assert found.status is catalog.GroupStatus.ACTIVE


def test_a_membership_has_all_fields_of_its_product_but_the_detail() -> None:
    row = records.item(
        "pdt_1",
        id="row-1",
        name="Starter",
        description="Entry plan",
        status=False,
        is_recurring=True,
        price_detail=records.one_time(900),
    )
    record = collection_of(records.group("g1", row))
    found = MAPPER.membership(record, record.groups[0].products[0], catalog.ProductStatus.ACTIVE)
    assert found == catalog.Membership(
        product=catalog.Product(
            ref=ProductRef(provider=ProviderKey.DODO, native_id="pdt_1"),
            name="Starter",
            description="Entry plan",
            price=catalog.Money(amount=Decimal("9.00"), currency_code="USD"),
            pricing=catalog.Pricing(model=catalog.PricingModel.ONE_TIME),
            is_recurring=True,
            status=catalog.ProductStatus.ACTIVE,
            groups=(group_ref("g1"),),
        ),
        status=catalog.GroupProductStatus.INACTIVE,
        row_id="row-1",
    )


def test_a_product_in_two_groups_of_a_collection_is_in_both() -> None:
    record = collection_of(
        records.group("g1", records.item("pdt_1"), records.item("pdt_2")),
        records.group("g2", records.item("pdt_1"), records.item("pdt_1")),
    )
    assert MAPPER.groups_of(record, "pdt_1") == (group_ref("g1"), group_ref("g2"))
    assert MAPPER.groups_of(record, "pdt_2") == (group_ref("g1"),)
    assert MAPPER.groups_of(record, "pdt_3") == ()


def test_only_products_of_archived_collections_have_no_status() -> None:
    assert mapping.member_status(collection_of(), {"pdc_2"}) is catalog.ProductStatus.ACTIVE
    assert mapping.member_status(collection_of(), {"pdc_1"}) is None


def test_a_listed_product_has_detail_and_status_but_unknown_groups() -> None:
    row = records.listed_product(
        "pdt_1",
        name="Starter",
        description="Entry plan",
        image="https://images.test/1.png",
        price=900,
        currency="USD",
    )
    assert MAPPER.listed_product(msgspec.convert(row, wire.ProductListItem)) == catalog.Product(
        ref=ProductRef(provider=ProviderKey.DODO, native_id="pdt_1"),
        name="Starter",
        description="Entry plan",
        price=catalog.Money(amount=Decimal("9.00"), currency_code="USD"),
        is_recurring=False,
        status=catalog.ProductStatus.ACTIVE,
        detail=catalog.ProductDetail(
            image_url="https://images.test/1.png", created_at=CREATED, updated_at=UPDATED
        ),
    )


def test_a_product_in_no_collection_has_no_groups_and_no_status() -> None:
    found = MAPPER.product(msgspec.convert(records.product("pdt_1"), wire.Product))
    assert found == catalog.Product(
        ref=ProductRef(provider=ProviderKey.DODO, native_id="pdt_1"),
        name=None,
        price=catalog.Money(amount=Decimal("9.00"), currency_code="USD"),
        pricing=catalog.Pricing(model=catalog.PricingModel.ONE_TIME),
        is_recurring=False,
        detail=catalog.ProductDetail(created_at=CREATED, updated_at=UPDATED),
        groups=(),
    )


def test_the_groups_of_a_product_in_a_collection_are_unknown() -> None:
    row = records.product("pdt_1", product_collection_id="pdc_1")
    assert MAPPER.product(msgspec.convert(row, wire.Product)).groups is None


def test_empty_text_is_none() -> None:
    empty = {"name": "", "description": "", "image": ""}
    record = collection_of(records.group("g1", records.item("pdt_1", **empty)))
    embedded = MAPPER.membership(record, record.groups[0].products[0], None).product
    listed = MAPPER.listed_product(
        msgspec.convert(records.listed_product("pdt_1", **empty), wire.ProductListItem)
    )
    single = MAPPER.product(msgspec.convert(records.product("pdt_1", **empty), wire.Product))
    for found in (embedded, listed, single):
        assert (found.name, found.description, found.sku) == (None, None, None)
    assert listed.detail is not None
    assert listed.detail.image_url is None
    assert single.detail == listed.detail


def test_only_archived_products_are_not_on_sale() -> None:
    assert mapping.product_status(is_archived=True) is catalog.ProductStatus.INACTIVE
    assert mapping.product_status(is_archived=False) is catalog.ProductStatus.ACTIVE


SEARCHES = [
    ("CAFÉ", "Le cafe\u0301 noir", True),
    ("cafe\u0301", "Le café noir", True),
    ("cafe", "Le cafe\u0301 noir", False),
    ("\u1112\u1161\u11ab", "한국 차", True),
    ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8 차", True),
    ("하", "한국 차", False),
    ("STRASSE", "Große Straße", True),
]


@pytest.mark.parametrize(("search", "name", "found"), SEARCHES)
def test_a_search_treats_canonically_equal_texts_as_equal(
    search: str, name: str, *, found: bool
) -> None:
    row = msgspec.convert(records.listed_product("pdt_1", name=name), wire.ProductListItem)
    assert mapping.matches_search(search)(row) is found
