"""Seed data: Kestrel CRM, Cloud and Desk, sold as subscriptions or by use."""

from groupgate.sandbox.dodo.seed_types import (
    CollectionSeed,
    GroupSeed,
    ProductSeed,
    one_time,
    recurring,
    usage_based,
)

_MONTHLY = GroupSeed(
    "Monthly",
    (
        ProductSeed(
            "CRM Starter, monthly",
            recurring("Month", "USD", 1900, trial_period_days=14),
            "Contacts, deals and one shared inbox for up to three people.",
            fields={"metadata": {"family": "crm", "seats": 3, "public": True}},
        ),
        ProductSeed(
            "CRM Team, monthly",
            recurring("Month", "USD", 4900, trial_period_days=14),
            "Everything in Starter, with pipelines, quotes and ten seats.",
            fields={"metadata": {"family": "crm", "seats": 10, "public": True}},
        ),
        ProductSeed(
            "CRM Business, monthly",
            recurring("Month", "USD", 9900, trial_period_days=14),
            "Forecasts, approval steps and an audit log for thirty seats.",
            fields={"metadata": {"family": "crm", "seats": 30, "public": True}},
        ),
        ProductSeed(
            "CRM Enterprise, monthly",
            recurring("Month", "USD", 24900),
            "Single sign-on, a sandbox and a named contact.",
            fields={"metadata": {"family": "crm", "seats": 200, "public": False}},
        ),
    ),
)

_YEARLY = GroupSeed(
    "Yearly",
    (
        ProductSeed("CRM Starter, yearly", recurring("Year", "USD", 19000), "Two months free."),
        ProductSeed("CRM Team, yearly", recurring("Year", "USD", 49000), "Two months free."),
        ProductSeed("CRM Business, yearly", recurring("Year", "USD", 99000), "Two months free."),
        ProductSeed("CRM Enterprise, yearly", recurring("Year", "USD", 249000), ""),
    ),
)

_ADD_ONS = GroupSeed(
    "Add-ons",
    (
        ProductSeed("Five more CRM seats", recurring("Month", "USD", 4500)),
        ProductSeed(
            "Telephony for CRM", recurring("Month", "USD", 2900), "Calls from the browser."
        ),
        ProductSeed("Document signing for CRM", recurring("Month", "USD", 1500)),
        ProductSeed("Data import by our team", one_time("USD", 39900), "From any other CRM."),
        ProductSeed(
            "CRM assistant credits",
            recurring("Month", "USD", 1000),
            "A thousand drafts and summaries a month.",
            monthly_credits="1000",
        ),
    ),
    inactive=frozenset({"Document signing for CRM"}),
)

_PARTNERS = GroupSeed(
    "Partners only",
    (
        ProductSeed("CRM reseller pack of 10", recurring("Year", "USD", 360000)),
        ProductSeed("CRM reseller pack of 50", recurring("Year", "USD", 1550000)),
        ProductSeed("CRM partner demo account", recurring("Year", "USD", 0), ""),
    ),
    status=False,
)

CRM = CollectionSeed(
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
)

CRM_2024 = CollectionSeed(
    name="Kestrel CRM 2024",
    description="Plans sold until January 2025.",
    groups=(
        GroupSeed(
            "Monthly",
            (
                ProductSeed("CRM Solo 2024", recurring("Month", "USD", 900)),
                ProductSeed(
                    "CRM Duo 2024", recurring("Month", "USD", 1700), fields={"archived": True}
                ),
                ProductSeed("CRM Crew 2024", recurring("Month", "USD", 3900)),
            ),
        ),
        GroupSeed(
            "Yearly",
            (
                ProductSeed("CRM Solo 2024, yearly", recurring("Year", "USD", 9000)),
                ProductSeed(
                    "CRM Duo 2024, yearly",
                    recurring("Year", "USD", 17000),
                    fields={"archived": True},
                ),
            ),
        ),
    ),
    created_at="2025-01-07T10:00:00Z",
    updated_at="2025-02-03T09:30:00Z",
    has_image=False,
    archived=True,
)

_COMPUTE = GroupSeed(
    "Compute",
    (
        ProductSeed(
            "Cloud function calls",
            usage_based("USD", 0, "Function calls", "call", "0.00002"),
            "Billed for each call, no base fee.",
        ),
        ProductSeed(
            "Container hours",
            usage_based("USD", 500, "Container hours", "hour", "1.2"),
            "One shared core and 2 GB of memory for an hour.",
        ),
        ProductSeed(
            "GPU minutes",
            usage_based("USD", 2500, "GPU minutes", "minute", "4.5"),
            "For training runs and batch rendering.",
        ),
        ProductSeed("Build minutes", usage_based("USD", 0, "Build minutes", "minute", "0.8"), ""),
    ),
)

_STORAGE = GroupSeed(
    "Storage and transfer",
    (
        ProductSeed(
            "Object storage",
            usage_based("EUR", 300, "Stored gigabytes", "GB", "1.9"),
            "Kept in two places in the European Union.",
        ),
        ProductSeed("Database storage", usage_based("EUR", 900, "Database gigabytes", "GB", "9.5")),
        ProductSeed("Outbound transfer", usage_based("EUR", 0, "Sent gigabytes", "GB", "0.9")),
        ProductSeed("Backup retention", usage_based("EUR", 200, "Backup gigabytes", "GB", "0.5")),
    ),
)

_SUPPORT = GroupSeed(
    "Support plans",
    (
        ProductSeed(
            "Cloud support, office hours",
            recurring("Month", "EUR", 4900),
            "Answers within a working day.",
        ),
        ProductSeed(
            "Cloud support, day and night",
            recurring("Month", "EUR", 49900),
            "Answers within an hour, always.",
        ),
        ProductSeed(
            "Cloud support, first response in 15 minutes",
            recurring("Month", "EUR", 149900),
            fields={"pricing_mode": "by_country"},
        ),
    ),
    inactive=frozenset({"Cloud support, first response in 15 minutes"}),
)

CLOUD = CollectionSeed(
    name="Kestrel Cloud",
    description="Compute and storage, paid by use.",
    groups=(_COMPUTE, _STORAGE, _SUPPORT, GroupSeed("Edge (preview)")),
    created_at="2025-04-22T07:45:10Z",
    updated_at="2026-10-02T11:20:37Z",
)


def _plans(region: str, interval: str, **prices: tuple[str, int]) -> GroupSeed:
    return GroupSeed(
        region,
        tuple(
            ProductSeed(f"Desk {plan}, {region}", recurring(interval, currency, price))
            for plan, (currency, price) in prices.items()
        ),
    )


DESK = CollectionSeed(
    name="Kestrel Desk",
    description="",
    groups=(
        _plans("Gulf", "Month", Solo=("BHD", 3500), Team=("BHD", 14900), Fleet=("AED", 54900)),
        _plans("India", "Month", Solo=("INR", 49900), Team=("INR", 199900), Fleet=("INR", 749900)),
        _plans("East Asia", "Year", Solo=("JPY", 9800), Team=("JPY", 39800), Fleet=("KRW", 990000)),
    ),
    created_at="2025-09-09T05:15:48Z",
    updated_at="2026-07-14T22:10:04Z",
    has_image=False,
)
