"""Desks at the little shop, for tests of commands."""

from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.domain.planner import Plan
from groupgate.domain.refusals import Field, UserErrorCode
from groupgate.loaders.dataloaders import Loaders
from tests.fake_planner import FakePlanner, PlanningProvider, Writes
from tests.little_shop import shop

Told = tuple[UserErrorCode, Field | None]


def runner(
    vendor: PlanningProvider,
    *,
    dry_run: bool = False,
    if_revision: str | None = None,
    nulls: tuple[Field, ...] = (),
) -> MutationRunner:
    """One mutation at this vendor."""
    return MutationRunner(
        provider=vendor,
        loaders=Loaders({vendor.key: vendor}),
        dry_run=dry_run,
        if_revision=if_revision,
        nulls=nulls,
    )


def shop_with_one_write(writes: Writes) -> PlanningProvider:
    """A shop whose changes each take one write."""
    vendor = shop()
    vendor.planner = FakePlanner(plan=Plan(stages=((writes.step("/write"),),)))
    return vendor


def told(result: MutationResult) -> list[Told]:
    """Code and field of each refusal."""
    return [(refusal.code, refusal.field) for refusal in result.refusals]
