"""How the tests change things at 2Checkout, and look at what that made of it."""

from typing import Any

from groupgate.commands.runner import MutationRunner
from groupgate.domain.planner import Plan
from groupgate.domain.provider import Provider
from groupgate.loaders.dataloaders import Loaders
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.two_checkout.reading import group_ref

GENERAL = group_ref("0A1B2C3D4E")
OFFICE = group_ref("DBA13A4268")
UTILITIES = group_ref("12E4567890")
LEGACY = group_ref("F00DBABE42")
GONE = group_ref("FFFFFFFFFF")


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


def asked(simulator: TwoCheckoutSimulator) -> list[tuple[str, str, Any]]:
    """Method, path and body of what has been asked of the simulator since the last look."""
    seen = list(simulator.calls)
    simulator.calls.clear()
    return seen


def held(simulator: TwoCheckoutSimulator) -> dict[str, list[str]]:
    """The codes of the products in each group, by the group's name."""
    return {group["Name"]: group["products"] for group in simulator.snapshot()["groups"]}


def moved(simulator: TwoCheckoutSimulator) -> dict[str, str]:
    """The products that are in another group than the seed has put them in, with its name."""
    seed = _homes(TwoCheckoutSimulator())
    return {code: name for code, name in _homes(simulator).items() if seed[code] != name}


def _homes(simulator: TwoCheckoutSimulator) -> dict[str, str]:
    return {code: name for name, codes in held(simulator).items() for code in codes}
