"""Mutation runners for a fake vendor, and short forms of their refusals."""

from collections.abc import Iterable

from groupgate.commands.runner import MutationRunner
from groupgate.domain.planner import Plan
from groupgate.domain.refusals import Field, Refusal, UserErrorCode
from groupgate.loaders.dataloaders import Loaders
from tests.fake_planner import FakePlanner, PlanningProvider, StepRecorder
from tests.sample_catalog import sample_provider

CodeAndField = tuple[UserErrorCode, Field | None]


def runner(
    vendor: PlanningProvider,
    *,
    dry_run: bool = False,
    if_revision: str | None = None,
    nulls: tuple[Field, ...] = (),
) -> MutationRunner:
    """Return a runner of one mutation at this vendor."""
    return MutationRunner(
        provider=vendor,
        loaders=Loaders({vendor.key: vendor}),
        dry_run=dry_run,
        if_revision=if_revision,
        nulls=nulls,
    )


def vendor_with_one_write(writes: StepRecorder) -> PlanningProvider:
    """Return a vendor with every capability, whose plans consist of one write."""
    vendor = sample_provider()
    vendor.planner = FakePlanner(plan=Plan(stages=((writes.step("/write"),),)))
    return vendor


def codes_and_fields(refusals: Iterable[Refusal]) -> list[CodeAndField]:
    """Return the code and the field of each refusal."""
    return [(refusal.code, refusal.field) for refusal in refusals]
