"""Which products may enter a group: they exist, are live, and are in no collection yet."""

from collections.abc import Iterable

from groupgate.sandbox.dodo.catalog import Catalog
from groupgate.sandbox.dodo.errors import ApiError, invalid_parameters
from groupgate.sandbox.dodo.records import Item, Json


def admit(catalog: Catalog, entries: Iterable[Json]) -> None:
    """Refuse all entries of a write if one of them cannot be taken; nothing is applied then."""
    seen: set[str] = set()
    for entry in entries:
        product_id = entry["product_id"]
        _expect_free(catalog, product_id)
        if product_id in seen:
            raise invalid_parameters(f"Product {product_id} is named twice")
        seen.add(product_id)


def _expect_free(catalog: Catalog, product_id: str) -> None:
    if catalog.product(product_id).archived:
        # The code is documented, its status assumed: 410 is for what the path names.
        raise ApiError(422, "PRODUCT_IS_DELETED", f"Product {product_id} is archived")
    home = catalog.home_of(product_id)
    if home is not None:
        # One collection only (documented); how the vendor says so is not.
        raise invalid_parameters(f"Product {product_id} is already in collection {home.id}")


def new_items(catalog: Catalog, entries: Iterable[Json]) -> list[Item]:
    """Make items of admitted entries; status defaults to true (documented)."""
    return [
        Item(
            id=catalog.new_uuid(),
            product_id=entry["product_id"],
            status=entry.get("status") is not False,
        )
        for entry in entries
    ]
