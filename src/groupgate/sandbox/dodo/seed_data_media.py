"""Seed data: Kestrel Academy, Marginalia, and the products that are in no collection."""

from groupgate.sandbox.dodo.catalog import Json, prefixed_id
from groupgate.sandbox.dodo.seed_types import (
    CollectionSeed,
    GroupSeed,
    ProductSeed,
    one_time,
    recurring,
    usage_based,
)

_COURSES = {
    "SQL for Analysts": 9900,
    "Dashboards That Get Read": 7900,
    "Spreadsheet Modelling": 5900,
    "Statistics Without Tears": 9900,
    "Customer Interviews": 6900,
    "Writing for Interfaces": 4900,
    "Typography Basics": 4900,
    "Accessible Web Design": 8900,
    "Design Systems in Practice": 12900,
    "Email Marketing Essentials": 5900,
    "Pricing a SaaS Product": 14900,
    "Sales Calls That Help": 6900,
    "Negotiation for Founders": 11900,
    "Hiring Your First Engineer": 7900,
    "Leading Remote Teams": 9900,
    "Retrospectives That Change Things": 3900,
    "Git Without Fear": 4900,
    "Testing Legacy Code": 12900,
    "Incident Response": 13900,
    "Threat Modelling": 15900,
}
"""Course, and its price in US cents."""

_REGIONS = {
    "United States": ("USD", 1, 1),
    "Deutschland": ("EUR", 1, 1),
    "日本": ("JPY", 3, 2),
    "Kuwait": ("KWD", 3, 1),
    "Brasil": ("BRL", 5, 1),
}
"""Region, its currency, and the factor and divisor from US cents to its minor units."""


def _region(name: str) -> GroupSeed:
    currency, factor, divisor = _REGIONS[name]
    return GroupSeed(
        name,
        tuple(
            ProductSeed(
                f"{course} ({name})",
                one_time(currency, cents * factor // divisor),
                f"Recorded lessons and exercises. {course}, edition for {name}.",
                "edtech",
            )
            for course, cents in _COURSES.items()
        ),
    )


ACADEMY = CollectionSeed(
    name="Kestrel Academy",
    description="Courses for people who build and sell software.",
    groups=tuple(_region(name) for name in _REGIONS),
    created_at="2025-06-30T12:00:00Z",
    updated_at="2026-11-05T09:41:13Z",
)

_BRAND_ID = prefixed_id("brnd_", "Marginalia")
_BRAND: Json = {"brand_id": _BRAND_ID}
_LICENCE_KEY: Json = {
    "id": prefixed_id("ent_", "Marginalia licence key"),
    "name": "Marginalia licence key",
    "description": None,
    "integration_type": "license_key",
    "integration_config": {"activations_limit": 3},
}
_E_BOOK_FILE: Json = {
    "file_id": prefixed_id("file_", "The Second Draft"),
    "filename": "the-second-draft.epub",
    "content_type": "application/epub+zip",
    "file_size": 1_482_112,
    "download_url": "https://files.dodo.example/the-second-draft.epub?expires_in=900",
    "expires_in": 900,
}
_E_BOOK_FILES: Json = {
    "id": prefixed_id("ent_", "E-book files"),
    "name": "E-book files",
    "description": None,
    "integration_type": "digital_files",
    "integration_config": {
        "digital_files": {"files": [_E_BOOK_FILE], "external_url": None, "instructions": None}
    },
}
_LICENCE: Json = {
    **_BRAND,
    "license_key_enabled": True,
    "license_key_activations_limit": 3,
    "license_key_activation_message": "Paste the key under Help > Licence.",
    "entitlements": [_LICENCE_KEY],
}

_DESKTOP = GroupSeed(
    "Desktop licences",
    (
        ProductSeed(
            "Marginalia 4 for macOS",
            one_time("EUR", 7900, tax_inclusive=True),
            "The outliner and editor for long texts. One person, three computers.",
            "digital_products",
            _LICENCE,
        ),
        ProductSeed(
            "Marginalia 4 for Windows",
            one_time("EUR", 7900, tax_inclusive=True),
            "The outliner and editor for long texts. One person, three computers.",
            "digital_products",
            _LICENCE,
        ),
        ProductSeed(
            "Marginalia 4 for Linux",
            one_time("EUR", 5900, tax_inclusive=True),
            None,
            "digital_products",
            _LICENCE,
        ),
        ProductSeed(
            "Marginalia 4 household licence",
            one_time("EUR", 12900, tax_inclusive=True, discount=10, discount_bps=1000),
            "For everyone under one roof.",
            "digital_products",
            _LICENCE,
        ),
        ProductSeed(
            "Marginalia 4 classroom licence",
            one_time("EUR", 49000),
            "Thirty computers in one school.",
            "digital_products",
            _LICENCE,
        ),
    ),
)

_E_BOOKS = GroupSeed(
    None,
    (
        ProductSeed(
            "The Second Draft (e-book)",
            one_time("EUR", 1400),
            "How to take a manuscript apart and put it together again.",
            "e_book",
            {
                **_BRAND,
                "entitlements": [_E_BOOK_FILES],
                "digital_product_delivery": {"files": [_E_BOOK_FILE]},
            },
        ),
        ProductSeed(
            "Footnotes: a short history (e-book)",
            one_time("EUR", 500, pay_what_you_want=True, suggested_price=900),
            "Pay what it is worth to you.",
            "e_book",
            _BRAND,
        ),
        ProductSeed(
            "Style Sheets for Editors (e-book)", one_time("GBP", 1200), "", "e_book", _BRAND
        ),
    ),
)

_MAINTENANCE = GroupSeed(
    "Updates",
    (
        ProductSeed("Marginalia updates for a year", recurring("Year", "EUR", 2900), fields=_BRAND),
        ProductSeed(
            "Marginalia sync",
            recurring("Month", "EUR", 299, trial_period_days=30),
            "Your drafts on every computer.",
            fields=_BRAND,
        ),
        ProductSeed(
            "Marginalia sync for classrooms", recurring("Year", "EUR", 19900), fields=_BRAND
        ),
    ),
)

WRITERS = CollectionSeed(
    name="Marginalia for writers",
    groups=(_DESKTOP, _E_BOOKS, _MAINTENANCE),
    created_at="2025-05-16T16:31:05Z",
    updated_at="2026-08-27T08:02:59Z",
    brand_id=_BRAND_ID,
)

_ARCHIVED: Json = {"archived": True}


def _download(name: str, currency: str, price: int, description: str | None = None) -> ProductSeed:
    return ProductSeed(name, one_time(currency, price), description, "digital_products")


def _lesson(name: str, currency: str, price: int, description: str | None = None) -> ProductSeed:
    return ProductSeed(name, one_time(currency, price), description, "live_tutoring")


STANDALONE_PRODUCTS = (
    _download("Invoice template pack", "USD", 1900, "Forty layouts for the CRM's quotes."),
    _download("Onboarding email pack", "USD", 2400),
    _download("Line icons, 600 pieces", "EUR", 2900, "SVG and PNG, three weights."),
    _download("Filled icons, 600 pieces", "EUR", 2900, "SVG and PNG."),
    _download("Dashboard wireframe kit", "USD", 4500),
    _download("Pitch deck template", "GBP", 1500, ""),
    _download("Cash flow workbook", "CAD", 2200, "A spreadsheet with twelve months."),
    _download("Style guide starter", "AUD", 3500),
    _download("Sound pack: notifications", "EUR", 900),
    _download("Kestrel wallpaper set", "USD", 0, "Free for everyone."),
    _download("Terms of service generator", "USD", 7900),
    _download("Holiday calendar 2026", "CHF", 700),
    _lesson("One hour with a CRM coach", "USD", 15000, "By video, at a time you choose."),
    _lesson("Half a day with a CRM coach", "USD", 52000),
    _lesson("Cloud migration workshop", "EUR", 180000, "Two days with two engineers."),
    _lesson("Accessibility review, live", "GBP", 42000),
    _lesson("Onboarding call in Japanese", "JPY", 22000),
    _lesson("Onboarding call in Arabic", "KWD", 45500),
    ProductSeed("Status page", recurring("Month", "USD", 900), "Tell customers what is down."),
    ProductSeed("Status page with SMS", recurring("Month", "USD", 1900)),
    ProductSeed("Short links", recurring("Month", "USD", 500), "Your own domain, with counts."),
    ProductSeed("Form builder", recurring("Month", "EUR", 3200, payment_frequency_count=3)),
    ProductSeed("Booking page", recurring("Month", "EUR", 800), ""),
    ProductSeed("Newsletter sender", recurring("Week", "SEK", 3900)),
    ProductSeed("Password vault for teams", recurring("Year", "USD", 24000)),
    ProductSeed("Email delivery", usage_based("USD", 1000, "Emails", "email", "0.04")),
    ProductSeed("SMS delivery", usage_based("USD", 0, "Text messages", "message", "3.9")),
    ProductSeed("Maps API", usage_based("USD", 0, "Map tiles", "tile", "0.005")),
    ProductSeed(
        "Printed handbook of good tickets", one_time("PLN", 8900), None, "digital_products"
    ),
    ProductSeed("Gift voucher", one_time("USD", 5000), "For any of our courses.", "edtech"),
    ProductSeed("CRM Lifetime 2023", one_time("USD", 49900), None, fields=_ARCHIVED),
    ProductSeed("Webinar: closing the year 2024", one_time("USD", 2900), None, "edtech", _ARCHIVED),
    ProductSeed("Beta access: Edge", recurring("Month", "USD", 0), None, fields=_ARCHIVED),
)
