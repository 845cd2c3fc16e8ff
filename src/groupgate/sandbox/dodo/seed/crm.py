"""Seed: the plans of Kestrel CRM, today's and those of 2024."""

from groupgate.sandbox.dodo.seed.rows import CollectionRow, GroupRow, ProductRow, every, once

_MONTHLY = GroupRow(
    "Monthly",
    (
        ProductRow(
            "CRM Starter, monthly",
            every("Month", "USD", 1900, trial_period_days=14),
            "Contacts, deals and one shared inbox for up to three people.",
            extra={"metadata": {"family": "crm", "seats": 3, "public": True}},
        ),
        ProductRow(
            "CRM Team, monthly",
            every("Month", "USD", 4900, trial_period_days=14),
            "Everything in Starter, with pipelines, quotes and ten seats.",
            extra={"metadata": {"family": "crm", "seats": 10, "public": True}},
        ),
        ProductRow(
            "CRM Business, monthly",
            every("Month", "USD", 9900, trial_period_days=14),
            "Forecasts, approval steps and an audit log for thirty seats.",
            extra={"metadata": {"family": "crm", "seats": 30, "public": True}},
        ),
        ProductRow(
            "CRM Enterprise, monthly",
            every("Month", "USD", 24900),
            "Single sign-on, a sandbox and a named contact.",
            extra={"metadata": {"family": "crm", "seats": 200, "public": False}},
        ),
    ),
)

_YEARLY = GroupRow(
    "Yearly",
    (
        ProductRow("CRM Starter, yearly", every("Year", "USD", 19000), "Two months free."),
        ProductRow("CRM Team, yearly", every("Year", "USD", 49000), "Two months free."),
        ProductRow("CRM Business, yearly", every("Year", "USD", 99000), "Two months free."),
        ProductRow("CRM Enterprise, yearly", every("Year", "USD", 249000), ""),
    ),
)

_ADD_ONS = GroupRow(
    "Add-ons",
    (
        ProductRow("Five more CRM seats", every("Month", "USD", 4500)),
        ProductRow("Telephony for CRM", every("Month", "USD", 2900), "Calls from the browser."),
        ProductRow("Document signing for CRM", every("Month", "USD", 1500)),
        ProductRow("Data import by our team", once("USD", 39900), "From any other CRM."),
        ProductRow(
            "CRM assistant credits",
            every("Month", "USD", 1000),
            "A thousand drafts and summaries a month.",
            extra={"credits": {"Assistant credits": "1000"}},
        ),
    ),
    switched_off=frozenset({"Document signing for CRM"}),
)

_PARTNERS = GroupRow(
    "Partners only",
    (
        ProductRow("CRM reseller pack of 10", every("Year", "USD", 360000)),
        ProductRow("CRM reseller pack of 50", every("Year", "USD", 1550000)),
        ProductRow("CRM partner demo account", every("Year", "USD", 0), ""),
    ),
    status=False,
)

CRM = CollectionRow(
    name="Kestrel CRM",
    description="Plans and extras for teams that sell.",
    groups=(_MONTHLY, _YEARLY, _ADD_ONS, _PARTNERS),
    created_at="2025-02-03T09:12:41Z",
    updated_at="2026-09-18T14:05:22Z",
    plan_changes={
        "effective_at_on_upgrade": "immediately",
        "effective_at_on_downgrade": "next_billing_date",
        "proration_billing_mode_on_upgrade": "prorated_immediately",
        "on_payment_failure": "prevent_change",
    },
    translations={
        "de": ("Kestrel CRM", "Tarife und Extras für Vertriebsteams."),
        "fr": ("CRM Kestrel", None),
    },
)

CRM_2024 = CollectionRow(
    name="Kestrel CRM 2024",
    description="Plans sold until January 2025.",
    groups=(
        GroupRow(
            "Monthly",
            (
                ProductRow("CRM Solo 2024", every("Month", "USD", 900)),
                ProductRow("CRM Duo 2024", every("Month", "USD", 1700), extra={"archived": True}),
                ProductRow("CRM Crew 2024", every("Month", "USD", 3900)),
            ),
        ),
        GroupRow(
            "Yearly",
            (
                ProductRow("CRM Solo 2024, yearly", every("Year", "USD", 9000)),
                ProductRow(
                    "CRM Duo 2024, yearly", every("Year", "USD", 17000), extra={"archived": True}
                ),
            ),
        ),
    ),
    created_at="2025-01-07T10:00:00Z",
    updated_at="2025-02-03T09:30:00Z",
    has_image=False,
    archived=True,
)
