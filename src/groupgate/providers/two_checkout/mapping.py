"""What 2Checkout's records mean in the gateway's words."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from iso4217 import Currency

from groupgate.domain import catalog
from groupgate.domain.changes import UNSET, Absent, GroupChange
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.providers.two_checkout import wire

COLLECTION: Final = catalog.ProductCollection(
    ref=CollectionRef(provider=ProviderKey.TWO_CHECKOUT), name="2Checkout"
)
"""The implicit collection that all groups are in."""

GENERAL: Final = "General"
"""The name of the group that products fall back to when they are taken out of another one."""


def groups(records: Iterable[wire.ProductGroupRecord]) -> tuple[catalog.Group, ...]:
    """The groups among these records; one without a code could not be asked for again."""
    return tuple(group(record, record.Code) for record in records if record.Code)


def group(record: wire.ProductGroupRecord, code: str) -> catalog.Group:
    """A group of this code. The vendor's groups are always in use, by everyone."""
    return catalog.Group(
        ref=_group_ref(code),
        name=record.Name,
        description=record.Description,
        template_name=record.TemplateName,
    )


def group_of(record: wire.ProductRecord) -> GroupRef | None:
    """The group a product is in, if its record tells."""
    embedded = record.ProductGroup
    return _group_ref(embedded.Code) if embedded and embedded.Code else None


def _group_ref(code: str) -> GroupRef:
    return GroupRef(provider=ProviderKey.TWO_CHECKOUT, native_id=code)


def new_group(change: GroupChange) -> dict[str, str | None]:
    """The body that makes a group; its code is the vendor's to give, whatever is sent."""
    fields: dict[str, str | Absent | None] = {
        "Code": None,
        "Name": change.name,
        "TemplateName": change.template_name,
        "Description": change.description,
    }
    return {name: value for name, value in fields.items() if value is not UNSET}


def membership(record: wire.ProductRecord) -> catalog.Membership:
    """A product in a group, where the vendor knows nothing but that it is there."""
    return catalog.Membership(product=product(record))


def product(record: wire.ProductRecord) -> catalog.Product:
    """A product, as its own read and lists show it alike."""
    statuses = catalog.ProductStatus
    holder = group_of(record)
    return catalog.Product(
        ref=product_ref(record),
        name=record.ProductName or None,
        description=record.ShortDescription or None,
        sku=record.ProductCode,
        price=price(record),
        is_recurring=record.GeneratesSubscription,
        # Disabled is the default of a new product (documented).
        status=statuses.ACTIVE if record.Enabled else statuses.INACTIVE,
        detail=catalog.ProductDetail(image_url=_image_url(record.ProductImages)),
        groups=(holder,) if holder else None,
    )


def product_ref(record: wire.ProductRecord) -> ProductRef:
    """What names a product: the code that its merchant may change, for paths take no other."""
    return ProductRef(provider=ProviderKey.TWO_CHECKOUT, native_id=record.ProductCode)


def by_code(records: Iterable[wire.ProductRecord]) -> dict[str, wire.ProductRecord]:
    """Each product once, for pages that are read one after another may repeat some."""
    found: dict[str, wire.ProductRecord] = {}
    for record in records:
        found.setdefault(record.ProductCode, record)
    return found


def has_in_name_or_code(text: str) -> Callable[[wire.ProductRecord], bool]:
    """Whether a product's name or code contains this text, whatever the case."""
    needle = text.casefold()
    return lambda record: any(
        needle in hay.casefold() for hay in (record.ProductName, record.ProductCode) if hay
    )


def price(record: wire.ProductRecord) -> catalog.Money | None:
    """The regular price of the default configuration, in its currency, of the smallest quantity."""
    configuration = _default_of(record.PricingConfigurations or ())
    if configuration is None or not isinstance(configuration.Prices, wire.PricesRecord):
        return None
    currency = configuration.DefaultCurrency
    entries = [entry for entry in configuration.Prices.Regular or () if entry.Currency == currency]
    entry = min(entries, key=_quantity, default=None)
    if currency is None or entry is None or entry.Amount is None or not entry.Amount.is_finite():
        return None
    return catalog.Money(amount=_in_digits_of(currency, entry.Amount), currency=currency)


def _default_of(
    configurations: tuple[wire.PricingConfigurationRecord, ...],
) -> wire.PricingConfigurationRecord | None:
    only = configurations[0] if len(configurations) == 1 else None
    return next((one for one in configurations if one.Default), only)


def _quantity(entry: wire.PriceRecord) -> int:
    text = str(entry.MinQuantity)
    return int(text) if text.isdecimal() else 0


def _in_digits_of(currency: str, amount: Decimal) -> Decimal:
    """The amount with as many digits as the currency has; with its own if it has more, or none."""
    try:
        digits = Currency(currency).exponent
    except ValueError:
        digits = None
    written = Decimal(f"{amount:f}")
    rounded = written if digits is None else Decimal(f"{amount:.{digits}f}")
    return rounded if rounded == written else written


def _image_url(images: object) -> str | None:
    """The address of the default image, else of the first; RPC pages name it URL."""
    listed = images if isinstance(images, list) else []
    records = [image for image in listed if isinstance(image, dict)]
    records.sort(key=lambda image: not image.get("Default"))
    addresses = (image.get(name) for image in records for name in ("URL", "Url", "url"))
    return next((one for one in addresses if one and isinstance(one, str)), None)
