"""Gateways whose vendors send altered lists, and the names that the lists have."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from groupgate.app.settings import Settings
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from tests.e2e.gateway import UNCACHED, Gateway, open_gateway
from tests.e2e.transports import Alteration, AlteredReads

Json = dict[str, Any]

KEYS: Final = list(ProviderKey)

PRODUCTS: Final = {
    ProviderKey.DODO: "/dodo/products",
    ProviderKey.AXIM: "/products",
    ProviderKey.TWO_CHECKOUT: "/products/",
}
"""The ends of the paths of the lists of products."""

ROWS: Final = {
    ProviderKey.DODO: "items",
    ProviderKey.AXIM: "data",
    ProviderKey.TWO_CHECKOUT: "Items",
}
"""The fields of the responses that contain the rows."""

NAME: Final = {
    ProviderKey.DODO: "name",
    ProviderKey.AXIM: "name",
    ProviderKey.TWO_CHECKOUT: "ProductName",
}
"""The field of a row that contains the product's name."""


SHOW_PRODUCTS: Final = """
    query ($key: ProviderKey!) {
      provider(key: $key) {
        products { nodes { nativeId name sku status createdAt price { amount currencyCode } } }
      }
    }
"""


@asynccontextmanager
async def open_altered(
    alterations: Mapping[str, Alteration], upstream: Settings = UNCACHED
) -> AsyncIterator[tuple[Gateway, AlteredReads]]:
    """Open a gateway whose vendors send altered responses."""
    vendors = AlteredReads(alterations)
    async with open_gateway(transport=vendors.transport, upstream=upstream) as gateway:
        yield gateway, vendors


def entry(key: ProviderKey, path: list[str | int], json_path: str, count: int = 1) -> Json:
    """Return an entry of `extensions.unreadable`."""
    return {"provider": key.value, "path": path, "jsonPath": json_path, "count": count}


COLLECTION: Final = CollectionRef(provider=ProviderKey.DODO, native_id="pdc_1")
GROUP: Final = GroupRef(provider=ProviderKey.DODO, collection_id="pdc_1", native_id="g1")
PRODUCT: Final = ProductRef(provider=ProviderKey.DODO, native_id="pdt_1")

ROW: Final = {"id": "r1", "product_id": "pdt_1", "status": True, "is_recurring": False}


def dodo_collection(*rows: object, **more: object) -> dict[str, Alteration]:
    """Return a collection with one group that has these rows, and its product."""
    group = {"group_id": "g1", "group_name": "One", "status": True, "products": rows}
    collection = {"id": "pdc_1", "name": "Plans", "groups": [group], **more}
    product = {"product_id": "pdt_1", "created_at": "?", "product_collection_id": "pdc_1"}
    return {
        "/product-collections/pdc_1": json.dumps(collection).encode(),
        "/products/pdt_1": json.dumps(product).encode(),
        "/products": b'{"items":[]}',
    }
