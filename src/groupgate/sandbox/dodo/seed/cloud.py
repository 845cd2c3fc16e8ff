"""Seed: Kestrel Cloud, paid by use, with an empty group for what is not on sale yet."""

from groupgate.sandbox.dodo.seed.rows import CollectionRow, GroupRow, ProductRow, every, metered

_COMPUTE = GroupRow(
    "Compute",
    (
        ProductRow(
            "Cloud function calls",
            metered("USD", 0, "Function calls", "call", "0.00002"),
            "Billed for each call, no base fee.",
        ),
        ProductRow(
            "Container hours",
            metered("USD", 500, "Container hours", "hour", "1.2"),
            "One shared core and 2 GB of memory for an hour.",
        ),
        ProductRow(
            "GPU minutes",
            metered("USD", 2500, "GPU minutes", "minute", "4.5"),
            "For training runs and batch rendering.",
        ),
        ProductRow("Build minutes", metered("USD", 0, "Build minutes", "minute", "0.8"), ""),
    ),
)

_STORAGE = GroupRow(
    "Storage and transfer",
    (
        ProductRow(
            "Object storage",
            metered("EUR", 300, "Stored gigabytes", "GB", "1.9"),
            "Kept in two places in the European Union.",
        ),
        ProductRow("Database storage", metered("EUR", 900, "Database gigabytes", "GB", "9.5")),
        ProductRow("Outbound transfer", metered("EUR", 0, "Sent gigabytes", "GB", "0.9")),
        ProductRow("Backup retention", metered("EUR", 200, "Backup gigabytes", "GB", "0.5")),
    ),
)

_SUPPORT = GroupRow(
    "Support plans",
    (
        ProductRow(
            "Cloud support, office hours",
            every("Month", "EUR", 4900),
            "Answers within a working day.",
        ),
        ProductRow(
            "Cloud support, day and night",
            every("Month", "EUR", 49900),
            "Answers within an hour, always.",
        ),
        ProductRow(
            "Cloud support, first response in 15 minutes",
            every("Month", "EUR", 149900),
            extra={"pricing_mode": "by_country"},
        ),
    ),
    switched_off=frozenset({"Cloud support, first response in 15 minutes"}),
)

CLOUD = CollectionRow(
    name="Kestrel Cloud",
    description="Compute and storage, paid by use.",
    groups=(_COMPUTE, _STORAGE, _SUPPORT, GroupRow("Edge (preview)")),
    created_at="2025-04-22T07:45:10Z",
    updated_at="2026-10-02T11:20:37Z",
)
