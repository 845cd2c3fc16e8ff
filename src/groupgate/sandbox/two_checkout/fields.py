"""The fields of a product that a client may write, and what each must look like."""

from collections.abc import Callable, Mapping
from typing import Any

from groupgate.sandbox.two_checkout.answers import invalid
from groupgate.sandbox.two_checkout.catalog import Json

Fits = Callable[[Any], bool]

_LARGEST = 1e12


def is_code(value: Any) -> bool:
    """Tell a usable product code: free text that can stand in a URL."""
    if not isinstance(value, str) or not value.strip():
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _is_named(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_amount(value: Any) -> bool:
    return isinstance(value, str) or (type(value) in {int, float} and abs(value) <= _LARGEST)


def _is_quantity(value: Any) -> bool:
    return isinstance(value, str) or type(value) is int


def _is_object_or_null(value: Any) -> bool:
    return value is None or isinstance(value, dict)


def _is_text_or_null(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_category(value: Any) -> bool:
    return value is None or isinstance(value, str | bool)


def _one_of(*words: str) -> Fits:
    return lambda value: value in words


def _all(fits: Fits) -> Fits:
    return lambda value: isinstance(value, list) and all(fits(each) for each in value)


def _fields(**known: Fits) -> Fits:
    return lambda value: (
        isinstance(value, dict)
        and all(fits(value[name]) for name, fits in known.items() if name in value)
    )


_MONEY = _fields(
    Amount=_is_amount,
    Currency=_is_text,
    MinQuantity=_is_quantity,
    MaxQuantity=_is_quantity,
    OptionCodes=_is_list,
)
_PRICES = _fields(Regular=_all(_MONEY), Renewal=_all(_MONEY))
_PRICING_CONFIGURATION = _fields(
    Name=_is_text,
    Code=_is_text_or_null,
    Default=_is_flag,
    BillingCountries=_all(_is_text),
    PricingSchema=_one_of("DYNAMIC", "FLAT"),
    PriceType=_one_of("NET", "GROSS"),
    DefaultCurrency=_is_text,
    Prices=lambda value: isinstance(value, list) or _PRICES(value),
    PriceOptions=_is_list,
)

WRITABLE: Mapping[str, tuple[Any, Fits]] = {
    "ExternalReference": ("", _is_text_or_null),
    "ProductType": ("REGULAR", _one_of("REGULAR", "BUNDLE")),
    "ProductName": ("", _is_named),
    "ProductVersion": ("", _is_text_or_null),
    "PurchaseMultipleUnits": (True, _is_flag),
    "GiftOption": (False, _is_flag),
    "ShortDescription": ("", _is_text_or_null),
    "LongDescription": ("", _is_text_or_null),
    "SystemRequirements": ("", _is_text_or_null),
    "ProductCategory": (False, _is_category),
    "Platforms": ([], _is_list),
    "ProductImages": ([], _is_list),
    "TrialUrl": ("", _is_text_or_null),
    "TrialDescription": ("", _is_text_or_null),
    "Tangible": (False, _is_flag),
    "Enabled": (False, _is_flag),
    "Fulfillment": ("BY_AVANGATE", _one_of("BY_AVANGATE", "BY_VENDOR", "NO_DELIVERY")),
    "GeneratesSubscription": (False, _is_flag),
    "Prices": ([], _is_list),
    "PricingConfigurations": ([], _all(_PRICING_CONFIGURATION)),
    "BundleProducts": ([], _is_list),
    "SubscriptionInformation": (None, _is_object_or_null),
    "FulfillmentInformation": (None, _is_object_or_null),
    "ShippingClass": (None, _is_object_or_null),
    "AdditionalFields": ([], _is_list),
    "Translations": ([], _is_list),
}
"""By field: its value when never written, and what tells a fitting value."""

DEFAULTS: Mapping[str, Any] = {name: default for name, (default, _) in WRITABLE.items()}


def written_fields(body: Json) -> Json:
    """Return what a body writes; fields not in the table, as AvangateId, are ignored."""
    fields = {name: body[name] for name in WRITABLE if name in body}
    for name, value in fields.items():
        if not WRITABLE[name][1](value):
            raise invalid(name)
    return fields
