"""Seed: Marginalia, a second brand, with licences, e-books and one group without a name."""

from groupgate.sandbox.dodo.records import Json
from groupgate.sandbox.dodo.seed.business import E_BOOK_FILE
from groupgate.sandbox.dodo.seed.rows import CollectionRow, GroupRow, ProductRow, every, once

_BRAND = {"brand": "Marginalia"}
_LICENCE: Json = {
    **_BRAND,
    "license_key_enabled": True,
    "license_key_activations_limit": 3,
    "license_key_activation_message": "Paste the key under Help > Licence.",
    "entitlements": ["Marginalia licence key"],
}

_DESKTOP = GroupRow(
    "Desktop licences",
    (
        ProductRow(
            "Marginalia 4 for macOS",
            once("EUR", 7900, tax_inclusive=True),
            "The outliner and editor for long texts. One person, three computers.",
            "digital_products",
            _LICENCE,
        ),
        ProductRow(
            "Marginalia 4 for Windows",
            once("EUR", 7900, tax_inclusive=True),
            "The outliner and editor for long texts. One person, three computers.",
            "digital_products",
            _LICENCE,
        ),
        ProductRow(
            "Marginalia 4 for Linux",
            once("EUR", 5900, tax_inclusive=True),
            None,
            "digital_products",
            _LICENCE,
        ),
        ProductRow(
            "Marginalia 4 household licence",
            once("EUR", 12900, tax_inclusive=True, discount=10, discount_bps=1000),
            "For everyone under one roof.",
            "digital_products",
            _LICENCE,
        ),
        ProductRow(
            "Marginalia 4 classroom licence",
            once("EUR", 49000),
            "Thirty computers in one school.",
            "digital_products",
            _LICENCE,
        ),
    ),
)

_E_BOOKS = GroupRow(
    None,
    (
        ProductRow(
            "The Second Draft (e-book)",
            once("EUR", 1400),
            "How to take a manuscript apart and put it together again.",
            "e_book",
            {
                **_BRAND,
                "entitlements": ["E-book files"],
                "digital_product_delivery": {"files": [E_BOOK_FILE]},
            },
        ),
        ProductRow(
            "Footnotes: a short history (e-book)",
            once("EUR", 500, pay_what_you_want=True, suggested_price=900),
            "Pay what it is worth to you.",
            "e_book",
            _BRAND,
        ),
        ProductRow("Style Sheets for Editors (e-book)", once("GBP", 1200), "", "e_book", _BRAND),
    ),
)

_MAINTENANCE = GroupRow(
    "Updates",
    (
        ProductRow("Marginalia updates for a year", every("Year", "EUR", 2900), extra=_BRAND),
        ProductRow(
            "Marginalia sync",
            every("Month", "EUR", 299, trial_period_days=30),
            "Your drafts on every computer.",
            extra=_BRAND,
        ),
        ProductRow("Marginalia sync for classrooms", every("Year", "EUR", 19900), extra=_BRAND),
    ),
)

WRITERS = CollectionRow(
    name="Marginalia for writers",
    groups=(_DESKTOP, _E_BOOKS, _MAINTENANCE),
    created_at="2025-05-16T16:31:05Z",
    updated_at="2026-08-27T08:02:59Z",
    brand="Marginalia",
)
