"""Conversion of Axim's records."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

import msgspec
import pytest

from groupgate.domain.catalog import (
    Group,
    GroupAccess,
    GroupProductStatus,
    GroupStatus,
    Membership,
    Money,
    Product,
    ProductDetail,
    ProductStatus,
)
from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.providers.axim import mapping, wire
from tests.providers.axim.seed import group_ref, product_ref

MAPPER: Final = mapping.Mapper(ProviderKey.AXIM)

ShapeT = TypeVar("ShapeT")

GROUP = {
    "id": "66d220c8f57178681728212e",
    "name": "Electronics",
    "status": True,
    "restrictAccess": False,
    "createdAt": "2024-08-30T19:43:04.216Z",
    "updatedAt": "2024-08-31T18:18:28.191Z",
}
MEMBER = {
    "id": "64f123abc456789012345679",
    "name": "Phone 15",
    "sku": "PH15-001",
    "price": 999,
    "status": "active",
    "description": "Current model",
    "variants": [{"id": "64f123abc456789012345680", "price": 899}],
    "categories": ["electronics"],
}
PRODUCT = {
    "id": "64f123abc456789012345679",
    "name": "Phone 15",
    "sku": "PH15-001",
    "price": "999.00",
    "status": "active",
    "shortDescription": "Current model",
    "description": {"blocks": []},
    "mediaGallery": [
        {"url": "https://img.test/1.jpg", "type": "image", "isDefault": False},
        {"url": "https://img.test/2.jpg", "type": "image", "isDefault": True},
    ],
    "productGroups": ["66d220c8f57178681728212e"],
    "createdAt": "2024-08-30T19:43:04.216Z",
    "updatedAt": "2024-08-31T18:18:28.191Z",
}
CREATED = datetime(2024, 8, 30, 19, 43, 4, 216_000, UTC)
UPDATED = datetime(2024, 8, 31, 18, 18, 28, 191_000, UTC)


def read(shape: type[ShapeT], record: dict[str, Any], **changes: Any) -> ShapeT:
    """Read a record as the client does, with some fields changed."""
    return msgspec.json.decode(msgspec.json.encode(record | changes), type=shape)


def product(**changes: Any) -> Product:
    """Map the product of /products with these fields changed."""
    return MAPPER.product(read(wire.Product, PRODUCT, **changes))


def member(**changes: Any) -> Product:
    """Map the product of a group with these fields changed."""
    return MAPPER.membership(read(wire.GroupMemberProduct, MEMBER, **changes)).product


def group(**changes: Any) -> Group:
    """Map the group with these fields changed."""
    return MAPPER.group(read(wire.ProductGroup, GROUP, **changes))


def test_a_group_is_in_the_implicit_collection() -> None:
    assert group() == Group(
        ref=group_ref("66d220c8f57178681728212e"),
        name="Electronics",
        status=GroupStatus.ACTIVE,
        access=GroupAccess.OPEN,
        created_at=CREATED,
        updated_at=UPDATED,
    )
    assert group().ref.collection == CollectionRef(provider=ProviderKey.AXIM)


def test_the_booleans_of_a_group_are_converted() -> None:
    assert group(status=False).status is GroupStatus.INACTIVE
    assert group(restrictAccess=True).access is GroupAccess.RESTRICTED


def test_a_group_may_have_only_its_id_and_name() -> None:
    record = {"id": "66d220c8f57178681728212e", "name": "New"}
    assert MAPPER.group(read(wire.ProductGroup, record)) == Group(
        ref=group_ref("66d220c8f57178681728212e"),
        name="New",
        status=GroupStatus.ACTIVE,
        access=GroupAccess.OPEN,
    )


@pytest.mark.parametrize("name", [{"name": 7}, {"name": None}])
def test_a_group_without_a_name_is_malformed(name: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"`\$\.name`"):
        group(**name)


def test_a_membership_has_all_fields_but_the_detail_and_other_groups() -> None:
    record = read(wire.GroupMemberProduct, MEMBER)
    assert MAPPER.membership(record) == Membership(
        product=Product(
            ref=product_ref("64f123abc456789012345679"),
            name="Phone 15",
            description="Current model",
            sku="PH15-001",
            price=Money(amount=Decimal(999), currency_code=None),
            is_recurring=None,
            status=ProductStatus.ACTIVE,
            detail=None,
            groups=None,
        ),
        status=GroupProductStatus.ACTIVE,
        row_id=None,
    )


def test_a_product_has_its_detail_and_groups() -> None:
    assert product() == Product(
        ref=product_ref("64f123abc456789012345679"),
        name="Phone 15",
        description="Current model",
        sku="PH15-001",
        price=Money(amount=Decimal("999.00"), currency_code=None),
        is_recurring=None,
        status=ProductStatus.ACTIVE,
        detail=ProductDetail(
            image_url="https://img.test/2.jpg", created_at=CREATED, updated_at=UPDATED
        ),
        groups=(group_ref("66d220c8f57178681728212e"),),
    )


def test_a_product_may_have_only_its_id() -> None:
    record = {"id": "64f123abc456789012345679"}
    bare = Product(ref=product_ref("64f123abc456789012345679"), name=None)
    assert MAPPER.membership(read(wire.GroupMemberProduct, record)).product == bare
    assert MAPPER.product(read(wire.Product, record)) == Product(
        ref=bare.ref, name=None, detail=ProductDetail(), groups=None
    )


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("999", "999"),
        ("19.90", "19.90"),
        ("0.000001", "0.000001"),
        (19.9, "19.9"),
        (999, "999"),
        (0, "0"),
        (0.1, "0.1"),
        ("-1", "-1"),
        (" 19.90 ", "19.90"),
        (".5", "0.5"),
    ],
)
def test_a_price_keeps_the_digits_of_the_vendor(written: Any, amount: str) -> None:
    for price in (product(price=written).price, member(price=written).price):
        assert price is not None
        assert str(price.amount) == amount
        assert price.currency_code is None


@pytest.mark.parametrize(
    "written",
    [
        *("", " ", None, "free", "12,50", "NaN", "Infinity", "19 EUR"),
        *(
            "1_000",
            "1__0",
            "_1",
            "0x10",
            "\u0661\u0662",
            "\uff11\uff12",
            "1e999",
            ".",
            "-",
            "1 000",
        ),
    ],
)
def test_a_price_that_is_not_a_number_is_none(written: Any) -> None:
    assert product(price=written).price is None
    assert member(price=written).price is None


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("active", ProductStatus.ACTIVE),
        ("Active", ProductStatus.ACTIVE),
        ("inactive", ProductStatus.INACTIVE),
        ("draft", ProductStatus.INACTIVE),
        ("", None),
        (None, None),
    ],
)
def test_only_active_products_are_on_sale(written: Any, status: ProductStatus | None) -> None:
    assert product(status=written).status is status
    assert member(status=written).status is status


@pytest.mark.parametrize("description", ["", None, {}, {"text": "Words"}, [], 7, False])
def test_the_short_description_replaces_a_description_that_is_not_text(description: Any) -> None:
    assert product(description=description).description == "Current model"
    assert product(description=description, shortDescription="").description is None
    assert product(description=description, shortDescription=None).description is None
    assert member(description=description).description is None


def test_a_description_that_is_text_is_used() -> None:
    assert product(description="Long words").description == "Long words"


def test_empty_text_is_none() -> None:
    assert (product(name="").name, product(sku="").sku) == (None, None)
    assert (member(name="").name, member(sku="").sku) == (None, None)


@pytest.mark.parametrize(
    ("gallery", "url"),
    [
        ([{"url": "a", "isDefault": True}, {"url": "b"}], "a"),
        ([{"url": "a"}, {"url": "b", "isDefault": True}], "b"),
        ([{"url": "a"}, {"url": "b"}], "a"),
        ([{"url": "", "isDefault": True}, {"url": "b"}], "b"),
        ([{"isDefault": True}], None),
        ([], None),
        (None, None),
    ],
)
def test_the_image_is_the_default_one_else_the_first(gallery: Any, url: str | None) -> None:
    detail = product(mediaGallery=gallery).detail
    assert detail is not None
    assert detail.image_url == url


@pytest.mark.parametrize(("native_ids", "count"), [([], 0), (["a", "b"], 2), (["a", "a"], 1)])
def test_a_product_names_each_of_its_groups_once(native_ids: list[str], count: int) -> None:
    groups = product(productGroups=native_ids).groups
    assert groups == tuple(map(group_ref, native_ids[:count]))


def test_the_groups_of_a_product_without_product_groups_are_unknown() -> None:
    assert product(productGroups=None).groups is None


@pytest.mark.parametrize(
    "written",
    ["2024-08-30T19:43:04.216", "2024-08-30T21:43:04.216+02:00", "2024-08-30T19:43:04.216Z"],
)
def test_dates_are_in_utc(written: str) -> None:
    assert group(createdAt=written).created_at == CREATED
    created = group(createdAt=written).created_at
    assert created is not None
    assert created.tzinfo is UTC


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
    row = read(wire.Product, PRODUCT, name=name, sku="")
    assert mapping.matches_search(search)(row) is found
    row = read(wire.Product, PRODUCT, name="", sku=name)
    assert mapping.matches_search(search)(row) is found
