"""Seed: products in no collection, some of them archived."""

from groupgate.sandbox.dodo.records import Json
from groupgate.sandbox.dodo.seed.rows import ProductRow, every, metered, once

_GONE: Json = {"archived": True}


def _download(name: str, currency: str, price: int, description: str | None = None) -> ProductRow:
    return ProductRow(name, once(currency, price), description, "digital_products")


def _lesson(name: str, currency: str, price: int, description: str | None = None) -> ProductRow:
    return ProductRow(name, once(currency, price), description, "live_tutoring")


LOOSE = (
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
    ProductRow("Status page", every("Month", "USD", 900), "Tell customers what is down."),
    ProductRow("Status page with SMS", every("Month", "USD", 1900)),
    ProductRow("Short links", every("Month", "USD", 500), "Your own domain, with counts."),
    ProductRow("Form builder", every("Month", "EUR", 1200)),
    ProductRow("Booking page", every("Month", "EUR", 800), ""),
    ProductRow("Newsletter sender", every("Month", "SEK", 14900)),
    ProductRow("Password vault for teams", every("Year", "USD", 24000)),
    ProductRow("Email delivery", metered("USD", 1000, "Emails", "email", "0.04")),
    ProductRow("SMS delivery", metered("USD", 0, "Text messages", "message", "3.9")),
    ProductRow("Maps API", metered("USD", 0, "Map tiles", "tile", "0.005")),
    ProductRow("Printed handbook of good tickets", once("PLN", 8900), None, "digital_products"),
    ProductRow("Gift voucher", once("USD", 5000), "For any of our courses.", "edtech"),
    ProductRow("CRM Lifetime 2023", once("USD", 49900), None, extra=_GONE),
    ProductRow("Webinar: closing the year 2024", once("USD", 2900), None, "edtech", _GONE),
    ProductRow("Beta access: Edge", every("Month", "USD", 0), None, extra=_GONE),
)
