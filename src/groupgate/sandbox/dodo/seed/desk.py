"""Seed: Kestrel Desk, one plan list for each part of the world."""

from groupgate.sandbox.dodo.seed.rows import CollectionRow, GroupRow, ProductRow, every


def _plans(region: str, interval: str, **prices: tuple[str, int]) -> GroupRow:
    return GroupRow(
        region,
        tuple(
            ProductRow(f"Desk {plan}, {region}", every(interval, currency, price))
            for plan, (currency, price) in prices.items()
        ),
    )


DESK = CollectionRow(
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
