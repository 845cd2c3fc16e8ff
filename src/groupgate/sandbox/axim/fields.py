"""The fields of a product that a client may write, and what each must look like."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from groupgate.sandbox.axim.answers import invalid
from groupgate.sandbox.axim.catalog import Json

_PRICE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_LARGEST = 1e12
_READ_ONLY: Json = {
    "isFeatured": False,
    "isFreeShipping": False,
    "inventory": {"stock": 0, "minStock": 0},
}


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_named(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_price(value: Any) -> bool:
    return isinstance(value, str) and bool(_PRICE.fullmatch(value))


def _is_number(value: Any) -> bool:
    return type(value) in {int, float} and abs(value) <= _LARGEST  # so neither nan nor inf


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_objects(**fields: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def fits(each: Any) -> bool:
        return isinstance(each, dict) and all(
            test(each[name]) for name, test in fields.items() if name in each
        )

    return lambda value: isinstance(value, list) and all(fits(each) for each in value)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


WRITABLE: Mapping[str, tuple[Any, Callable[[Any], bool]]] = {
    "name": ("", _is_named),
    "sku": ("", _is_named),
    "description": ({}, _is_object),
    "shortDescription": ("", _is_text),
    "specifications": ([], _is_list),
    "status": ("active", _is_named),
    "weight": (0, _is_number),
    "files": ([], _is_list),
    "manufacturer": ("", _is_text),
    "price": ("0", _is_price),
    "options": ([], _is_list),
    "variants": ([], _is_objects()),
    "metaFields": ([], _is_list),
    "mediaGallery": (
        [],
        _is_objects(url=_is_text, type=_is_text, label=_is_text, isDefault=_is_flag),
    ),
    "categories": ([], _is_texts),
    "bundledProducts": ([], _is_list),
    "groupedProducts": (
        [],
        _is_objects(productId=_is_text, quantity=_is_number, dynamicQuantity=_is_flag),
    ),
    "tierPrice": ([], _is_objects(qty=_is_number, price=_is_number)),
}
"""By field: its value when never written (assumed), and what tells a fitting value."""


def written_fields(body: Any) -> Json:
    """Return what a body writes; fields not in the table, as productGroups, are ignored."""
    if not isinstance(body, dict):
        raise invalid()
    fields = {name: body[name] for name in WRITABLE if name in body}
    for name, value in fields.items():
        if not WRITABLE[name][1](value):
            raise invalid(name)
    return fields


def complete_fields(written: Json) -> Json:
    """Return all fields of a new product of which only some were written."""
    defaults = {name: default for name, (default, _) in WRITABLE.items()}
    return defaults | _READ_ONLY | written
