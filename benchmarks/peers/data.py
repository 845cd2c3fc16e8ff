"""The upstream's collections, and the queries of the comparison in each gateway's schema."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
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


class Dialect(Enum):
    """The schemas of the gateways.

    Those of Hive Gateway and Tailcall are generated: they have the upstream's names, which the
    queries replace by aliases, its ids, and prices in cents.
    """

    GROUPGATE = auto()
    PEERS = auto()
    HIVE = auto()
    TAILCALL = auto()

    @property
    def is_generated(self) -> bool:
        """True if values are those of the upstream."""
        return self in {Dialect.HIVE, Dialect.TAILCALL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A query in each dialect, and its variables, taken in turn."""

    name: str
    queries: Mapping[Dialect, str]
    ids: tuple[tuple[str, str], ...]
    """Of each object: its id at groupgate, and at the peers."""

    def bodies(self, dialect: Dialect) -> list[bytes]:
        """Return the request for each id."""
        return [
            json.dumps({"query": self.queries[dialect], "variables": {"id": given}}).encode()
            for given in (_id_in(dialect, *ids) for ids in self.ids)
        ]

    def answer(self, native_id: str, dialect: Dialect) -> dict[str, object]:
        """Return the data that a gateway must respond with, for an id at the peers."""
        collection, _, group = native_id.partition("/")
        read = json.loads(bodies()[collection])
        if group:
            found = next(each for each in read["groups"] if each["group_id"] == group)
            return {"group": {"name": found["group_name"]}}
        answer = _raw_group if dialect.is_generated else _encoded_group
        groups = [answer(collection, each) for each in read["groups"]]
        if self.name == "Q3":
            return {"collection": {"groups": [{"id": g["id"], "name": g["name"]} for g in groups]}}
        return {"collection": {"name": read["name"], "groups": groups}}


def _id_in(dialect: Dialect, own: str, native: str) -> str:
    if dialect is Dialect.TAILCALL:  # its query reads the first group of a collection
        return native.partition("/")[0]
    return own if dialect is Dialect.GROUPGATE else native


def _encoded_group(collection: str, group: dict[str, Any]) -> dict[str, object]:
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


def _raw_group(_collection: str, group: dict[str, Any]) -> dict[str, object]:
    return {
        "id": group["group_id"],
        "name": group["group_name"],
        "products": [
            {
                "id": product["product_id"],
                "name": product["name"],
                "price": {"amount": product["price"], "currencyCode": product["currency"]},
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


_GENERATED_Q1: Final = (
    "query ($id: String!) { collection(id: $id) { name groups { id: group_id name: group_name "
    "products { id: product_id name price: price_detail "
    "{ amount: price currencyCode: currency } } } } }"
)
_GENERATED_Q3: Final = (
    "query ($id: String!) { collection(id: $id) { groups { id: group_id name: group_name } } }"
)
_Q1: Final = {
    Dialect.GROUPGATE: (
        "query ($id: ID!) { productCollection(id: $id) { name groups(first: 5) { nodes { id name "
        "products(first: 20) { nodes { id name price { amount currencyCode } } } } } } }"
    ),
    Dialect.PEERS: (
        "query ($id: ID!) { collection(id: $id) { name groups { id name products { id name "
        "price { amount currencyCode } } } } }"
    ),
    Dialect.HIVE: _GENERATED_Q1,
    Dialect.TAILCALL: _GENERATED_Q1,
}
_Q2: Final = {
    Dialect.GROUPGATE: "query ($id: ID!) { group(id: $id) { name } }",
    Dialect.PEERS: "query ($id: ID!) { group(id: $id) { name } }",
    Dialect.HIVE: "query ($id: ID!) { group(id: $id) { name: group_name } }",
    Dialect.TAILCALL: (
        "query ($id: String!) { group: collection(id: $id) { name: first_group_name } }"
    ),
}
_Q3: Final = {
    Dialect.GROUPGATE: (
        "query ($id: ID!) { productCollection(id: $id) "
        "{ groups(first: 50) { nodes { id name } } } }"
    ),
    Dialect.PEERS: "query ($id: ID!) { collection(id: $id) { groups { id name } } }",
    Dialect.HIVE: _GENERATED_Q3,
    Dialect.TAILCALL: _GENERATED_Q3,
}

WORKS: Final = (
    Work(name="Q1", queries=_Q1, ids=_collection_ids("pdc_00")),
    Work(
        name="Q1x50",
        queries=_Q1,
        ids=_collection_ids(*(f"pdc_{number:02}" for number in range(COLLECTIONS))),
    ),
    Work(
        name="Q2",
        queries=_Q2,
        ids=((_encoded("g", "DODO", "pdc_00", "pdc_00_group_0"), "pdc_00/pdc_00_group_0"),),
    ),
    Work(name="Q3", queries=_Q3, ids=_collection_ids(MANY_GROUPS)),
)
