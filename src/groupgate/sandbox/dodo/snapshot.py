"""The state in plain dicts and lists, for comparisons in tests."""

from dataclasses import asdict

from groupgate.sandbox.dodo.catalog import Catalog
from groupgate.sandbox.dodo.records import Collection, Json, Product


def snapshot(catalog: Catalog) -> Json:
    """Copy collections > groups > items, and products, both by id."""
    return {
        "collections": {each.id: _collection(each) for each in catalog.collections.values()},
        "products": {each.id: _product(catalog, each) for each in catalog.products.values()},
    }


def _collection(collection: Collection) -> Json:
    return {
        "name": collection.name,
        "description": collection.description,
        "archived": collection.archived,
        "groups": [asdict(group) for group in collection.groups],
    }


def _product(catalog: Catalog, product: Product) -> Json:
    home = catalog.home_of(product.id)
    return {
        "name": product.name,
        "archived": product.archived,
        "collection_id": home.id if home else None,
    }
