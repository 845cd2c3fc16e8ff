"""Conversion of 2Checkout's records, in every shape that its pages allow."""

from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest

from groupgate.domain.catalog import (
    Group,
    GroupProductStatus,
    GroupStatus,
    Money,
    Product,
    ProductDetail,
    ProductStatus,
)
from groupgate.domain.changes import GroupChange
from groupgate.domain.refs import GroupRef, ProductRef, ProviderKey
from groupgate.providers.two_checkout import mapping, wire

MAPPER: Final = mapping.Mapper(ProviderKey.TWO_CHECKOUT)

PLANS = {
    "Name": "SaaS plans",
    "Code": "96A9F43B1B",
    "TemplateName": "Default Template",
    "Description": "Monthly and yearly plans",
}
PLANS_REF = GroupRef(provider=ProviderKey.TWO_CHECKOUT, native_id="96A9F43B1B")


def group_record(**fields: Any) -> wire.ProductGroupRecord:
    """Return the record of a group with these fields."""
    return msgspec.convert(PLANS | fields, wire.ProductGroupRecord)


def product_record(**fields: Any) -> wire.ProductRecord:
    """Return the record of a product with these fields."""
    return msgspec.convert({"ProductCode": "my_subscription"} | fields, wire.ProductRecord)


def configuration(*regular: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a pricing configuration in dollars with these regular prices."""
    prices = {"Regular": list(regular), "Renewal": []}
    return {"DefaultCurrency": "USD", "Default": True, "Prices": prices} | fields


def usd(amount: float | str | None, **fields: Any) -> dict[str, Any]:
    """Return a regular price in dollars."""
    return {"Amount": amount, "Currency": "USD", "MinQuantity": "1"} | fields


USERS = [{"Code": "USERS", "Options": ["pro"]}]
SUPPORT = [{"Code": "SUPPORT", "Options": ["gold"]}]
"""Pricing options of a row."""


@pytest.mark.parametrize(
    ("change", "body"),
    [
        (GroupChange(name="Fonts"), {"Code": None, "Name": "Fonts"}),
        (
            GroupChange(name="Fonts", description=None, template_name=""),
            {"Code": None, "Name": "Fonts", "TemplateName": "", "Description": None},
        ),
    ],
)
def test_a_new_group_is_sent_with_the_given_fields(
    change: GroupChange, body: dict[str, str | None]
) -> None:
    assert mapping.group_body(change) == body


def test_a_group_has_name_description_and_template() -> None:
    assert MAPPER.groups([group_record()]) == (
        Group(
            ref=PLANS_REF,
            name="SaaS plans",
            status=GroupStatus.ACTIVE,
            access=None,
            description="Monthly and yearly plans",
            template_name="Default Template",
        ),
    )


@pytest.mark.parametrize("text", ["", None])
def test_empty_descriptions_and_templates_are_kept(text: str | None) -> None:
    (group,) = MAPPER.groups([group_record(Description=text, TemplateName=text)])
    assert (group.description, group.template_name) == (text, text)


@pytest.mark.parametrize("code", ["", None])
def test_a_group_without_a_code_is_left_out(code: str | None) -> None:
    assert MAPPER.groups([group_record(Code=code)]) == ()


def test_a_product_may_have_all_fields() -> None:
    record = product_record(
        AvangateId="4590126",
        ProductName="AV | Team",
        ShortDescription="For teams",
        ProductCategory=False,
        ProductGroup=PLANS,
        ProductImages=[{"Default": True, "URL": "https://images.example/av.png"}],
        Enabled=True,
        GeneratesSubscription=True,
        PricingConfigurations=[configuration(usd(39.99))],
    )
    assert MAPPER.product(record) == Product(
        ref=ProductRef(provider=ProviderKey.TWO_CHECKOUT, native_id="my_subscription"),
        name="AV | Team",
        description="For teams",
        sku="my_subscription",
        price=Money(amount=Decimal("39.99"), currency_code="USD"),
        is_recurring=True,
        status=ProductStatus.ACTIVE,
        detail=ProductDetail(image_url="https://images.example/av.png"),
        groups=(PLANS_REF,),
        embedded_groups=MAPPER.groups([group_record()]),
    )


@pytest.mark.parametrize("missing", ["TemplateName", "Description"])
def test_an_embedded_group_without_all_its_fields_is_only_named(missing: str) -> None:
    """A field that the response leaves out is not null."""
    group = {name: value for name, value in PLANS.items() if name != missing}
    product = MAPPER.product(product_record(ProductGroup=group))
    assert (product.groups, product.embedded_groups) == ((PLANS_REF,), None)


def test_a_product_may_have_only_its_code() -> None:
    """A product is disabled by default (documented); its group is unknown."""
    assert MAPPER.product(product_record()) == Product(
        ref=ProductRef(provider=ProviderKey.TWO_CHECKOUT, native_id="my_subscription"),
        name=None,
        sku="my_subscription",
        status=ProductStatus.INACTIVE,
        detail=ProductDetail(),
        groups=None,
    )


def test_empty_text_is_none() -> None:
    product = MAPPER.product(product_record(ProductName="", ShortDescription=""))
    assert (product.name, product.description) == (None, None)


@pytest.mark.parametrize("group", [None, PLANS | {"Code": None}, PLANS | {"Code": ""}])
def test_the_group_of_a_product_is_unknown_if_its_record_names_no_code(group: Any) -> None:
    record = product_record(ProductGroup=group)
    assert MAPPER.group_of(record) is None
    assert MAPPER.product(record).groups is None


def test_a_membership_is_active() -> None:
    membership = MAPPER.membership(product_record(ProductGroup=PLANS))
    assert membership.product == MAPPER.product(product_record(ProductGroup=PLANS))
    assert membership.status is GroupProductStatus.ACTIVE
    assert membership.row_id is None


@pytest.mark.parametrize(
    ("currency", "amount", "written"),
    [
        ("USD", 39.9, "39.90"),
        ("USD", "39.90", "39.90"),
        ("USD", 100, "100.00"),
        ("USD", "1e2", "100.00"),
        ("USD", "0.125", "0.125"),
        ("USD", "19.9900", "19.99"),
        ("USD", 0, "0.00"),
        ("JPY", 1900, "1900"),
        ("JPY", "1900.00", "1900"),
        ("KWD", 1.5, "1.500"),
        ("XAU", "1.50", "1.50"),
        ("???", "1e2", "100"),
    ],
)
def test_an_amount_has_the_digits_of_its_currency(
    currency: str, amount: float | str, written: str
) -> None:
    """Amounts are in major units; additional digits are kept."""
    entry = {"Amount": amount, "Currency": currency}
    record = product_record(
        PricingConfigurations=[configuration(entry, DefaultCurrency=currency)],
    )
    price = MAPPER.price(record)
    assert price is not None
    assert (str(price.amount), price.currency_code) == (written, currency)


def test_the_price_is_that_of_the_smallest_quantity_in_the_default_currency() -> None:
    record = product_record(
        PricingConfigurations=[
            configuration(
                {"Amount": 1, "Currency": "EUR", "MinQuantity": "1"},
                usd(8, MinQuantity="10"),
                usd(9, MinQuantity="2"),
                usd(7, MinQuantity=100),
            )
        ]
    )
    assert MAPPER.price(record) == Money(amount=Decimal("9.00"), currency_code="USD")


@pytest.mark.parametrize("quantity", [None, "", "any"])
def test_a_price_without_a_quantity_is_valid_from_the_first_piece_on(quantity: Any) -> None:
    record = product_record(
        PricingConfigurations=[configuration(usd(8, MinQuantity=1), usd(9, MinQuantity=quantity))]
    )
    assert MAPPER.price(record) == Money(amount=Decimal("9.00"), currency_code="USD")


@pytest.mark.parametrize("none", [[], None, {}, ""], ids=repr)
@pytest.mark.parametrize("schema", ["DYNAMIC", None])
def test_the_base_price_is_the_row_without_options(none: Any, schema: str | None) -> None:
    record = product_record(
        PricingConfigurations=[
            configuration(
                usd(5, OptionCodes=USERS),
                usd(39.99, OptionCodes=none),
                usd(7, OptionCodes=SUPPORT),
                PricingSchema=schema,
            )
        ]
    )
    assert MAPPER.price(record) == Money(amount=Decimal("39.99"), currency_code="USD")


def test_a_deleted_price_is_skipped() -> None:
    record = product_record(
        PricingConfigurations=[
            configuration(usd(-1), usd(8, MinQuantity="20"), usd(9, MinQuantity="10"))
        ]
    )
    assert MAPPER.price(record) == Money(amount=Decimal("9.00"), currency_code="USD")


def test_the_price_is_that_of_the_default_configuration() -> None:
    record = product_record(
        PricingConfigurations=[
            configuration(usd(1), Default=False),
            configuration(usd(2), Default=True, PricingSchema="FLAT"),
        ]
    )
    assert MAPPER.price(record) == Money(amount=Decimal("2.00"), currency_code="USD")


def test_an_only_configuration_is_the_default() -> None:
    record = product_record(PricingConfigurations=[configuration(usd(1), Default=False)])
    assert MAPPER.price(record) == Money(amount=Decimal("1.00"), currency_code="USD")


@pytest.mark.parametrize(
    "configurations",
    [
        None,
        [],
        [configuration(usd(1), Default=False), configuration(usd(2), Default=None)],
        [configuration()],
        [configuration(Prices=[])],
        [configuration(Prices=[usd(1)])],
        [configuration(Prices=None)],
        [configuration(Prices={"Regular": None})],
        [configuration(usd(1), DefaultCurrency=None)],
        [configuration(usd(1, Currency=None), DefaultCurrency=None)],
        [configuration(usd(1), DefaultCurrency="EUR")],
        [configuration(usd(None))],
        [configuration(usd("NaN"))],
        [configuration(usd("1_000"))],
        [configuration(usd("free"))],
        [configuration(usd(-1))],
        [configuration(usd("-1.00"))],
        [configuration(usd(-1), PricingSchema="DYNAMIC")],
        [configuration(usd(5, OptionCodes=USERS), PricingSchema="FLAT")],
        [configuration(usd(5, OptionCodes=USERS), usd(9, OptionCodes=SUPPORT))],
        [configuration(usd(-1, OptionCodes=[]), usd(9, OptionCodes=SUPPORT))],
    ],
)
def test_without_a_regular_price_in_the_default_currency_the_price_is_none(
    configurations: Any,
) -> None:
    assert MAPPER.price(product_record(PricingConfigurations=configurations)) is None


@pytest.mark.parametrize(
    ("images", "address"),
    [
        ([{"URL": "a"}, {"URL": "b", "Default": True}], "b"),
        ([{"URL": "a", "Default": False}, {"URL": "b"}], "a"),
        ([{"Url": "a"}], "a"),
        ([{"url": "a"}], "a"),
        ([{"URL": ""}], None),
        ([{"URL": 5}], None),
        (["a"], None),
        ([], None),
        ({}, None),
        (None, None),
        (False, None),
    ],
)
def test_the_image_is_the_default_one_else_the_first(images: Any, address: str | None) -> None:
    """The shape is not documented for REST, so no shape is an error."""
    product = MAPPER.product(product_record(ProductImages=images))
    assert product.detail == ProductDetail(image_url=address)


@pytest.mark.parametrize(
    ("text", "found"),
    [("STRASSE", True), ("Straße", True), ("sku-9", True), ("sku-8", False), ("none", False)],
)
def test_a_search_matches_names_and_codes_in_any_case(text: str, *, found: bool) -> None:
    record = product_record(ProductCode="SKU-9", ProductName="Große Straße")
    assert mapping.matches_search(text)(record) is found


def test_the_first_of_two_records_of_a_product_is_used() -> None:
    first, second, again = (
        product_record(ProductCode=code, ProductName=name)
        for code, name in (("a", "1"), ("b", "2"), ("a", "3"))
    )
    assert mapping.by_code([first, second, again]) == {"a": first, "b": second}


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
    record = product_record(ProductCode="1", ProductName=name)
    assert mapping.matches_search(search)(record) is found
    record = product_record(ProductCode=name, ProductName="")
    assert mapping.matches_search(search)(record) is found
