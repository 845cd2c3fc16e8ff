"""How the tests change things at Dodo, and look at what that made of it."""

from typing import Any

from groupgate.commands.runner import MutationRunner
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.planner import Plan
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.loaders.dataloaders import Loaders
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.sandbox.dodo.catalog import prefixed_id, uuid_for
from tests.providers.dodo.reading import collection_ref, group_ref, product_ref

Call = tuple[str, str, Any]

PLACES = "/product-collections"


def collection(name: str) -> CollectionRef:
    """Name a collection of the seed."""
    return collection_ref(prefixed_id("pdc_", name))


def group(collection_name: str, name: str) -> GroupRef:
    """Name a group of the seed."""
    holder = collection(collection_name)
    return group_ref(holder.native_id, uuid_for(f"{collection_name} / {name}"))


def product(name: str) -> ProductRef:
    """Name a product of the seed."""
    return product_ref(prefixed_id("pdt_", name))


CRM = collection("Kestrel CRM")
CRM_2024 = collection("Kestrel CRM 2024")
MONTHLY = group("Kestrel CRM", "Monthly")
YEARLY = group("Kestrel CRM", "Yearly")
ADD_ONS = group("Kestrel CRM", "Add-ons")
EDGE = group("Kestrel Cloud", "Edge (preview)")
GERMANY = group("Kestrel Academy", "Deutschland")
ICONS = [product("Line icons, 600 pieces"), product("Filled icons, 600 pieces")]
"""Two products that are in no collection."""
NO_PRODUCT = product_ref("pdt_unknown")
NO_GROUP = group_ref(CRM.native_id, "00000000-0000-4000-8000-000000000000")
NO_COLLECTION = collection_ref("pdc_unknown")


def path_of(ref: CollectionRef | GroupRef) -> str:
    """Where a collection or a group is."""
    if isinstance(ref, CollectionRef):
        return f"{PLACES}/{ref.native_id}"
    return f"{PLACES}/{ref.collection_id}/groups/{ref.native_id}"


def runner(provider: Provider, *, dry_run: bool = False) -> MutationRunner:
    """One mutation at this provider."""
    return MutationRunner(
        provider=provider, loaders=Loaders({provider.key: provider}), dry_run=dry_run
    )


async def carry(plan: Plan) -> None:
    """Make the steps of a plan, one after another."""
    for stage in plan.stages:
        for step in stage:
            await step.send()


async def icon_shop(provider: Provider, simulator: DodoSimulator) -> GroupRef:
    """Make a collection of which one group has all products; return that group."""
    change = CollectionChange(name="Icon shop")
    plan = await provider.planner.create_collection(change, GroupChange(name="Icons"), ICONS)
    await carry(plan)
    made = plan.result.collection
    assert made is not None
    (only,) = simulator.snapshot()["collections"][made.native_id]["groups"]
    simulator.calls.clear()
    return group_ref(made.native_id, only["id"])


def told(plan: Plan) -> list[tuple[str, str, str]]:
    """Method, path and description of each write of a plan."""
    return [(call.method, call.path, call.description) for call in plan.calls]


def asked(simulator: DodoSimulator) -> list[Call]:
    """Method, path and body of what has been asked of the simulator since the last look."""
    seen = list(simulator.calls)
    simulator.calls.clear()
    return seen


def rows(simulator: DodoSimulator, ref: GroupRef) -> list[dict[str, Any]]:
    """The rows of a group: id, product_id and status."""
    groups = simulator.snapshot()["collections"][ref.collection_id]["groups"]
    found: list[dict[str, Any]] = next(g["items"] for g in groups if g["id"] == ref.native_id)
    return found


def held(simulator: DodoSimulator, ref: GroupRef) -> list[ProductRef]:
    """The products of a group, in order."""
    return [product_ref(row["product_id"]) for row in rows(simulator, ref)]


def row_id(simulator: DodoSimulator, ref: GroupRef, of: ProductRef) -> str:
    """The id of a product's row in a group."""
    found: str = next(r["id"] for r in rows(simulator, ref) if r["product_id"] == of.native_id)
    return found


def entries(*products: ProductRef) -> dict[str, Any]:
    """The body that adds products."""
    return {"products": [{"product_id": each.native_id} for each in products]}


def entries_as(*offered: tuple[ProductRef, bool]) -> dict[str, Any]:
    """The body that adds products, each offered or not."""
    return {"products": [{"product_id": p.native_id, "status": status} for p, status in offered]}
