"""Collections, groups and products of Dodo's simulator, and the paths that change them."""

from typing import Any

from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.domain.refusals import Conflict, InvalidInput, UserErrorCode
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.sandbox.dodo.catalog import prefixed_id, uuid_for
from tests.providers.faults import Fault
from tests.providers.mutations import run_plan

COLLECTIONS_PATH = "/product-collections"


def collection_ref(native_id: str | None) -> CollectionRef:
    """Return the ref of a collection."""
    return CollectionRef(provider=ProviderKey.DODO, native_id=native_id)


def group_ref(collection_id: str | None, native_id: str) -> GroupRef:
    """Return the ref of a group."""
    return GroupRef(provider=ProviderKey.DODO, collection_id=collection_id, native_id=native_id)


def product_ref(native_id: str) -> ProductRef:
    """Return the ref of a product."""
    return ProductRef(provider=ProviderKey.DODO, native_id=native_id)


def collection(name: str) -> CollectionRef:
    """Return the ref of the seeded collection with this name."""
    return collection_ref(prefixed_id("pdc_", name))


def group(collection_name: str, name: str) -> GroupRef:
    """Return the ref of the seeded group with this name."""
    collection_id = collection(collection_name).native_id
    return group_ref(collection_id, uuid_for(f"{collection_name} / {name}"))


def product(name: str) -> ProductRef:
    """Return the ref of the seeded product with this name."""
    return product_ref(prefixed_id("pdt_", name))


CRM = collection("Kestrel CRM")
CRM_2024 = collection("Kestrel CRM 2024")
"""An archived collection."""
UNKNOWN_COLLECTION = collection_ref("pdc_unknown")

MONTHLY = group("Kestrel CRM", "Monthly")
YEARLY = group("Kestrel CRM", "Yearly")
ADD_ONS = group("Kestrel CRM", "Add-ons")
EDGE = group("Kestrel Cloud", "Edge (preview)")
"""A group without products."""
GERMANY = group("Kestrel Academy", "Deutschland")
UNKNOWN_GROUP = group_ref(CRM.native_id, "00000000-0000-4000-8000-000000000000")

STARTER = product("CRM Starter, monthly")
TEAM = product("CRM Team, monthly")
BUSINESS = product("CRM Business, monthly")
ENTERPRISE = product("CRM Enterprise, monthly")
"""With the three before it, the products of the group "Monthly" in order."""
SIGNING = product("Document signing for CRM")
"""A product in the group "Add-ons"."""
SEATS = product("Five more CRM seats")
"""Another product in the group "Add-ons"."""
ICONS = [product("Line icons, 600 pieces"), product("Filled icons, 600 pieces")]
"""Two products in no collection."""
MOVED = [BUSINESS, STARTER]
"""Two products of the group "Monthly", in the order of a move."""
UNKNOWN_PRODUCT = product_ref("pdt_unknown")

NOT_ALLOWED = "Dodo Payments does not allow a collection without products."
INVALID = InvalidInput(
    message="Dodo Payments does not accept this change.", code=UserErrorCode.INVALID
)

NO_ROWS = Fault(body=b"[]", reaches_vendor=True)
NOT_ACCEPTED = Fault(status=422)
UNKNOWN_REJECTION = Fault(status=418)


def path_of(ref: CollectionRef | GroupRef) -> str:
    """Return the path of a collection or a group."""
    if isinstance(ref, CollectionRef):
        return f"{COLLECTIONS_PATH}/{ref.native_id}"
    return f"{COLLECTIONS_PATH}/{ref.collection_id}/groups/{ref.native_id}"


def rows(simulator: DodoSimulator, ref: GroupRef) -> list[dict[str, Any]]:
    """Return the rows of a group: id, product_id and status."""
    groups = simulator.snapshot()["collections"][ref.collection_id]["groups"]
    found: list[dict[str, Any]] = next(g["items"] for g in groups if g["id"] == ref.native_id)
    return found


def row_id(simulator: DodoSimulator, ref: GroupRef, of: ProductRef) -> str:
    """Return the id of a product's row in a group."""
    found: str = next(r["id"] for r in rows(simulator, ref) if r["product_id"] == of.native_id)
    return found


def members(simulator: DodoSimulator, ref: GroupRef) -> list[ProductRef]:
    """Return the products of a group in order."""
    return [product_ref(row["product_id"]) for row in rows(simulator, ref)]


def new_rows(*products: ProductRef) -> dict[str, Any]:
    """Return the body that adds products."""
    return {"products": [{"product_id": each.native_id} for each in products]}


def rows_with_status(*products: tuple[ProductRef, bool]) -> dict[str, Any]:
    """Return the body that adds products, each with its status."""
    return {"products": [{"product_id": p.native_id, "status": status} for p, status in products]}


async def create_icon_shop(provider: Provider, simulator: DodoSimulator) -> GroupRef:
    """Create a collection with all its products in one group; return that group."""
    change = CollectionChange(name="Icon shop")
    plan = await provider.planner.create_collection(change, GroupChange(name="Icons"), ICONS)
    await run_plan(plan)
    created = plan.result.collection
    assert created is not None
    (only,) = simulator.snapshot()["collections"][created.native_id]["groups"]
    simulator.calls.clear()
    return group_ref(created.native_id, only["id"])


async def create_two_groups(
    provider: Provider, simulator: DodoSimulator
) -> tuple[GroupRef, GroupRef]:
    """Create a collection with all its products in the first of two groups."""
    first = await create_icon_shop(provider, simulator)
    plan = await provider.planner.create_group(first.collection, GroupChange(name="Other"), [])
    await run_plan(plan)
    simulator.calls.clear()
    assert plan.result.group is not None
    return first, plan.result.group


def name_taken(conflicting_ref: GroupRef, name: str | None) -> Conflict:
    """Return the refusal of a name that another group has."""
    message = (
        f'The collection already has a group with the name "{name}".'
        if name
        else "The collection already has a group without a name."
    )
    code = UserErrorCode.TAKEN
    return Conflict(
        message=message, code=code, field=("input", "name"), conflicting_ref=conflicting_ref
    )


def group_record(simulator: DodoSimulator, ref: GroupRef) -> dict[str, Any]:
    """Return the simulator's group_record of a group."""
    groups = simulator.snapshot()["collections"][ref.collection_id]["groups"]
    found: dict[str, Any] = next(each for each in groups if each["id"] == ref.native_id)
    return found


def collection_record(simulator: DodoSimulator, ref: CollectionRef) -> dict[str, Any]:
    """Return the simulator's collection_record of a collection."""
    found: dict[str, Any] = simulator.snapshot()["collections"][ref.native_id]
    return found


def collections(simulator: DodoSimulator, *, archived: bool = False) -> dict[str, Any]:
    """Return the simulator's collections by id."""
    every = simulator.snapshot()["collections"]
    return {key: each for key, each in every.items() if each["archived"] is archived}


def collection_named(simulator: DodoSimulator, name: str) -> tuple[str, list[dict[str, Any]]]:
    """Return id and groups of the simulator's collection with this name."""
    every = simulator.snapshot()["collections"]
    return next((key, each["groups"]) for key, each in every.items() if each["name"] == name)


def in_another_group(about: ProductRef, conflicting_ref: CollectionRef | GroupRef) -> Conflict:
    """Return the refusal of a product that is in another group."""
    return Conflict(
        message="The product is in another group; remove it from that group first, or move it.",
        code=UserErrorCode.IN_ANOTHER_GROUP,
        about=about,
        conflicting_ref=conflicting_ref,
    )


def groups_by_product(simulator: DodoSimulator) -> dict[ProductRef, tuple[GroupRef, ...]]:
    """Return the groups of each product of the simulator."""
    found: dict[ProductRef, tuple[GroupRef, ...]] = {
        product_ref(each): () for each in simulator.snapshot()["products"]
    }
    for native_id, collection in simulator.snapshot()["collections"].items():
        for group in collection["groups"]:
            for item in group["items"]:
                found[product_ref(item["product_id"])] = (group_ref(native_id, group["id"]),)
    return found


def product_path(ref: ProductRef) -> str:
    """Return the path of a product."""
    return f"/products/{ref.native_id}"


def ungrouped(simulator: DodoSimulator, count: int) -> list[ProductRef]:
    """Return this many products that are on sale and in no collection."""
    free = (
        product_ref(key)
        for key, each in simulator.snapshot()["products"].items()
        if not each["archived"] and each["collection_id"] is None
    )
    return [ref for ref, _ in zip(free, range(count), strict=False)]
