"""Groups and products of Axim's simulator, and the paths that read them."""

from collections.abc import Iterable, Sequence
from typing import Any

from groupgate.domain.paging import MembershipsRequest, PageRequest
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.sandbox.axim import AximSimulator
from tests.providers.faults import Fault

Json = dict[str, Any]


def group_ref(native_id: str) -> GroupRef:
    """Return the ref of a group."""
    return GroupRef(provider=ProviderKey.AXIM, native_id=native_id)


def product_ref(native_id: str) -> ProductRef:
    """Return the ref of a product."""
    return ProductRef(provider=ProviderKey.AXIM, native_id=native_id)


def product_refs(native_ids: Iterable[str]) -> list[ProductRef]:
    """Return the refs of products."""
    return list(map(product_ref, native_ids))


COLLECTION = CollectionRef(provider=ProviderKey.AXIM)
KITCHEN = "Kitchen & dining"
"""The name of a group."""

UNKNOWN_ID = "0123456789abcdef01234567"
UNKNOWN_GROUP = group_ref(UNKNOWN_ID)
UNKNOWN_PRODUCT = product_ref(UNKNOWN_ID)

FAILED_WITH_200 = Fault(body=b'{"success": false, "message": "no"}')


def members_request(native_id: str, first: int, offset: int = 0) -> MembershipsRequest:
    """Return the request for a page of a group's products."""
    return MembershipsRequest(
        group=group_ref(native_id), page=PageRequest(first=first, offset=offset)
    )


def groups_path(page: int, product_page: int = 1) -> str:
    """Return the path of a page of groups, each with this page of its products."""
    return f"/productGroup/all?page={page}&limit=50&productPage={product_page}&productLimit=50"


def group_path(native_id: str, page: int = 1) -> str:
    """Return the path of a group with this page of its products."""
    return f"/productGroup/{native_id}?page={page}&limit=50"


def products_path(page: int) -> str:
    """Return the path of a page of products."""
    return f"/products?page={page}&limit=50"


def batch_path(native_ids: Sequence[str]) -> str:
    """Return the path of the products with these ids."""
    return f"/products?entityId={'%2C'.join(native_ids)}&page=1&limit=50"


def groups_by_name(simulator: AximSimulator) -> dict[str, Json]:
    """Return the simulator's groups, whose `products` are ids."""
    return {group["name"]: group for group in simulator.snapshot()["groups"]}


def group_named(simulator: AximSimulator, name: str) -> GroupRef:
    """Return the ref of the group with this name."""
    return group_ref(groups_by_name(simulator)[name]["id"])


def product_ids(simulator: AximSimulator, name: str) -> list[str]:
    """Return the ids of the products in the group with this name."""
    native_ids: list[str] = groups_by_name(simulator)[name]["products"]
    return native_ids


def ids_outside(simulator: AximSimulator, name: str, count: int) -> list[str]:
    """Return the ids of this many products that are not in the group with this name."""
    inside = set(product_ids(simulator, name))
    products = [product["id"] for product in simulator.snapshot()["products"]]
    return [native_id for native_id in products if native_id not in inside][:count]


def changed_groups(simulator: AximSimulator) -> dict[str, Json]:
    """Return the groups that differ from the seed, by name; a deleted one is empty."""
    seed, now = _groups(AximSimulator()), _groups(simulator)
    return {name: now.get(name, {}) for name in seed | now if now.get(name) != seed.get(name)}


def _groups(simulator: AximSimulator) -> dict[str, Json]:
    fields = ("status", "restrictAccess", "products")
    groups = simulator.snapshot()["groups"]
    return {group["name"]: {name: group[name] for name in fields} for group in groups}


def all_products(simulator: AximSimulator) -> list[Json]:
    """Return the simulator's products in order."""
    return simulator.snapshot()["products"]


def all_product_ids(simulator: AximSimulator) -> list[str]:
    """Return the ids of the simulator's products in order."""
    return [product["id"] for product in all_products(simulator)]
