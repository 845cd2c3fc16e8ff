"""The upstream's collections, and the queries of the comparison in each gateway's schema."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

COLLECTIONS: Final = 50
MANY_GROUPS: Final = "pdc_many"

_PRODUCTS_OF_GROUP: Final = 20
_GROUPS: Final = 5


def bodies() -> dict[str, bytes]:
    """Return the response to the read of each collection by its id."""
    collections = {f"pdc_{number}": (_GROUPS, _PRODUCTS_OF_GROUP) for number in range(COLLECTIONS)}
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
                "products": [_product(f"{name}_{group}_{number}") for number in range(products)],
            }
            for group in range(groups)
        ],
    }


def _product(name: str) -> dict[str, object]:
    return {
        "id": f"row_{name}",
        "product_id": f"pdt_{name}",
        "status": True,
        "name": f"Product {name}",
        "is_recurring": False,
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
    Work(name="Q1", groupgate=_Q1, peers=_Q1_PEERS, ids=_collection_ids("pdc_0")),
    Work(
        name="Q1x50",
        groupgate=_Q1,
        peers=_Q1_PEERS,
        ids=_collection_ids(*(f"pdc_{number}" for number in range(COLLECTIONS))),
    ),
    Work(
        name="Q2",
        groupgate="query ($id: ID!) { group(id: $id) { name } }",
        peers="query ($id: ID!) { group(id: $id) { name } }",
        ids=((_encoded("g", "DODO", "pdc_0", "pdc_0_group_0"), "pdc_0/pdc_0_group_0"),),
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
