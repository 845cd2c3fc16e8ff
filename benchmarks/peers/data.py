"""The upstream's collections, and the queries of the comparison in each gateway's schema."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

COLLECTIONS: Final = 50
MANY_GROUPS: Final = "pdc_many"

_PRODUCTS_OF_GROUP: Final = 20
_GROUPS: Final = 5


@cache
def bodies() -> dict[str, bytes]:
    """Return the response to the read of each collection by its id."""
    collections = {
        f"pdc_{number:02}": (_GROUPS, _PRODUCTS_OF_GROUP) for number in range(COLLECTIONS)
    }
    collections[MANY_GROUPS] = (50, 2)
    return {
        name: json.dumps(_collection(name, groups, products), separators=(",", ":")).encode()
        for name, (groups, products) in collections.items()
    }


def _collection(name: str, groups: int, products: int) -> dict[str, object]:
    return {
        "id": name,
        "name": f"Collection {name}",
        "groups": [
            {
                "group_id": f"{name}_group_{group}",
                "group_name": f"Group {group}",
                "status": True,
                "products": [_product(name, f"{group}_{number}") for number in range(products)],
            }
            for group in range(groups)
        ],
    }


def _product(collection: str, number: str) -> dict[str, object]:
    return {
        "id": f"row_{number}",
        "product_id": f"pdt_{collection}_{number}",
        "status": True,
        "name": f"Product {number}",
        "currency": "USD",
        "price": 1999,
        "price_detail": {"type": "one_time_price", "currency": "USD", "price": 1999},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A query as groupgate and as the peers have it, and its variables, taken in turn."""

    name: str
    groupgate: str
    peers: str
    ids: tuple[tuple[str, str], ...]
    """Of each object: its id at groupgate, and at the peers."""

    def answer(self, native_id: str) -> dict[str, object]:
        """Return the data that the peers must respond with, for an id at the peers."""
        collection, _, group = native_id.partition("/")
        read = json.loads(bodies()[collection])
        if group:
            found = next(each for each in read["groups"] if each["group_id"] == group)
            return {"group": {"name": found["group_name"]}}
        groups = [_group_answer(collection, each) for each in read["groups"]]
        if self.name == "Q3":
            return {"collection": {"groups": [{"id": g["id"], "name": g["name"]} for g in groups]}}
        return {"collection": {"name": read["name"], "groups": groups}}


def _group_answer(collection: str, group: dict[str, Any]) -> dict[str, object]:
    return {
        "id": _encoded("g", "DODO", collection, group["group_id"]),
        "name": group["group_name"],
        "products": [
            {
                "id": _encoded("p", "DODO", product["product_id"]),
                "name": product["name"],
                "price": {
                    "amount": f"{product['price'] / 100:.2f}",
                    "currencyCode": product["currency"],
                },
            }
            for product in group["products"]
        ],
    }


def without_connections(data: object) -> object:
    """Return groupgate's data in the shape of the peers, whose lists have no pages."""
    if isinstance(data, list):
        return [without_connections(each) for each in data]
    if not isinstance(data, dict):
        return data
    if data.keys() == {"nodes"}:
        return without_connections(data["nodes"])
    names = {"productCollection": "collection"}
    return {names.get(name, name): without_connections(value) for name, value in data.items()}


def _encoded(*parts: str) -> str:
    raw = json.dumps(parts, separators=(",", ":")).encode()
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _collection_ids(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((_encoded("c", "DODO", name), name) for name in names)


_Q1: Final = (
    "query ($id: ID!) { productCollection(id: $id) { name groups(first: 5) { nodes { id name "
    "products(first: 20) { nodes { id name price { amount currencyCode } } } } } } }"
)
_Q1_PEERS: Final = (
    "query ($id: ID!) { collection(id: $id) { name groups { id name products { id name "
    "price { amount currencyCode } } } } }"
)

WORKS: Final = (
    Work(name="Q1", groupgate=_Q1, peers=_Q1_PEERS, ids=_collection_ids("pdc_00")),
    Work(
        name="Q1x50",
        groupgate=_Q1,
        peers=_Q1_PEERS,
        ids=_collection_ids(*(f"pdc_{number:02}" for number in range(COLLECTIONS))),
    ),
    Work(
        name="Q2",
        groupgate="query ($id: ID!) { group(id: $id) { name } }",
        peers="query ($id: ID!) { group(id: $id) { name } }",
        ids=((_encoded("g", "DODO", "pdc_00", "pdc_00_group_0"), "pdc_00/pdc_00_group_0"),),
    ),
    Work(
        name="Q3",
        groupgate=(
            "query ($id: ID!) { productCollection(id: $id) "
            "{ groups(first: 50) { nodes { id name } } } }"
        ),
        peers="query ($id: ID!) { collection(id: $id) { groups { id name } } }",
        ids=_collection_ids(MANY_GROUPS),
    ),
)
