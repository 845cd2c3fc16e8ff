"""Dodo's records, with the fields that the gateway reads."""

from typing import Any

Json = dict[str, Any]

DATES = {"created_at": "2026-11-01T09:00:00Z", "updated_at": "2026-11-02T10:30:00Z"}


def one_time(price: int = 900, currency: str = "USD", **more: object) -> Json:
    """Return a price that is paid once."""
    return {"type": "one_time_price", "currency": currency, "price": price, **more}


def listed_product(product_id: str, **more: object) -> Json:
    """Return a product as lists return it."""
    return {"product_id": product_id, "is_recurring": False, **DATES, **more}


def product(product_id: str, **more: object) -> Json:
    """Return a product as its own read returns it."""
    return {"product_id": product_id, "is_recurring": False, "price": one_time(), **DATES, **more}


def item(product_id: str, **more: object) -> Json:
    """Return a row of a group."""
    row = {"id": f"row of {product_id}", "product_id": product_id, "status": True}
    return {**row, "is_recurring": False, **more}


def group(group_id: str, *items: Json, **more: object) -> Json:
    """Return a group with these rows."""
    return {"group_id": group_id, "group_name": None, "status": True, "products": items, **more}


def listed_collection(collection_id: str, **more: object) -> Json:
    """Return a collection as lists return it."""
    return {"id": collection_id, "name": f"Name of {collection_id}", **DATES, **more}


def collection(collection_id: str, *groups: Json, **more: object) -> Json:
    """Return a collection with these groups."""
    return {**listed_collection(collection_id), "groups": groups, **more}
