"""How the tests change things at Axim, and look at what that made of it."""

from collections.abc import Sequence
from typing import Any

from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.domain.planner import Plan
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.loaders.dataloaders import Loaders
from groupgate.sandbox.axim import AximSimulator
from tests.providers.axim.reading import UNKNOWN, Json, group_ref, groups_by_name, product_ref

GONE = group_ref(UNKNOWN)
NOWHERE = product_ref(UNKNOWN)


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


def told(plan: Plan) -> list[tuple[str, str, str]]:
    """Method, path and description of each write of a plan."""
    return [(call.method, call.path, call.description) for call in plan.calls]


def made(result: MutationResult) -> list[tuple[str, str]]:
    """Method and path of the writes that a command says it has made."""
    return [(call.method, call.path) for call in result.calls]


def asked(simulator: AximSimulator) -> list[tuple[str, str, Any]]:
    """Method, path and body of what has been asked of the simulator since the last look."""
    seen = list(simulator.calls)
    simulator.calls.clear()
    return seen


def group_named(simulator: AximSimulator, name: str) -> GroupRef:
    """A group of the simulator."""
    return group_ref(groups_by_name(simulator)[name]["id"])


def held(simulator: AximSimulator, name: str) -> list[str]:
    """The ids of the products in a group of the simulator."""
    native_ids: list[str] = groups_by_name(simulator)[name]["products"]
    return native_ids


def loose(simulator: AximSimulator, name: str, count: int) -> list[str]:
    """The ids of so many products that are not in this group."""
    inside = set(held(simulator, name))
    products = [product["id"] for product in simulator.snapshot()["products"]]
    return [native_id for native_id in products if native_id not in inside][:count]


def refs(native_ids: Sequence[str]) -> list[ProductRef]:
    """Products by their ids."""
    return list(map(product_ref, native_ids))


def changed(simulator: AximSimulator) -> dict[str, Json]:
    """The groups that are not as the seed has them, by name; an empty one is gone."""
    seed, now = _groups(AximSimulator()), _groups(simulator)
    return {name: now.get(name, {}) for name in seed | now if now.get(name) != seed.get(name)}


def _groups(simulator: AximSimulator) -> dict[str, Json]:
    fields = ("status", "restrictAccess", "products")
    groups = simulator.snapshot()["groups"]
    return {group["name"]: {name: group[name] for name in fields} for group in groups}
