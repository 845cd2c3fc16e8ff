"""Seed: Kestrel Academy, twenty courses in five regions, each region with its own currency."""

from groupgate.sandbox.dodo.seed.rows import CollectionRow, GroupRow, ProductRow, once

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
"""Course and its price in US cents."""

_REGIONS = {
    "United States": ("USD", 1, 1),
    "Deutschland": ("EUR", 1, 1),
    "日本": ("JPY", 3, 2),
    "Kuwait": ("KWD", 3, 1),
    "Brasil": ("BRL", 5, 1),
}
"""Region, its currency and what turns US cents into its minor units: multiplied, then divided."""


def _region(name: str) -> GroupRow:
    currency, times, by = _REGIONS[name]
    return GroupRow(
        name,
        tuple(
            ProductRow(
                f"{course} ({name})",
                once(currency, cents * times // by),
                f"Recorded lessons and exercises. {course}, edition for {name}.",
                "edtech",
            )
            for course, cents in _COURSES.items()
        ),
    )


ACADEMY = CollectionRow(
    name="Kestrel Academy",
    description="Courses for people who build and sell software.",
    groups=tuple(_region(name) for name in _REGIONS),
    created_at="2025-06-30T12:00:00Z",
    updated_at="2026-11-05T09:41:13Z",
    translations={"ja": ("Kestrel アカデミー", "ソフトウェアを作り、売る人のための講座。")},
)
