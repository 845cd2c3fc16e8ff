"""Runs plans and mutations, and returns the writes in them."""

from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.domain.planner import Plan
from groupgate.domain.provider import Provider
from groupgate.domain.refusals import Field, UserErrorCode
from groupgate.loaders.dataloaders import Loaders


def runner(provider: Provider, *, dry_run: bool = False) -> MutationRunner:
    """Return the runner of one mutation."""
    return MutationRunner(
        provider=provider, loaders=Loaders({provider.key: provider}), dry_run=dry_run
    )


async def run_plan(plan: Plan) -> None:
    """Send the steps of a plan one after another."""
    for stage in plan.stages:
        for step in stage:
            await step.send()


def planned_writes(plan: Plan) -> list[tuple[str, str, str]]:
    """Return method, path and description of each write of a plan."""
    return [(call.method, call.path, call.description) for call in plan.calls]


def executed_writes(result: MutationResult) -> list[tuple[str, str]]:
    """Return method and path of each write that a mutation reports."""
    return [(call.method, call.path) for call in result.calls]


def refused_fields(result: MutationResult) -> list[tuple[UserErrorCode, Field | None]]:
    """Return code and field of each refusal."""
    return [(refusal.code, refusal.field) for refusal in result.refusals]
