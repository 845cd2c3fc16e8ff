"""MutationRunner: reads without the cache, validates, plans, writes, and clears the loaders."""

import pytest

from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group
from groupgate.domain.errors import Denied, Refused, Unavailable, WriteOutcome
from groupgate.domain.planner import Plan, PlanResult
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.domain.refusals import Conflict, InvalidInput, NotFound, UserErrorCode, not_found
from groupgate.loaders.revisions import revision_of_collection, revision_of_group
from tests.commands.runners import codes_and_fields, runner
from tests.fake_planner import PlanningProvider, StepRecorder, call, failure
from tests.sample_catalog import (
    ALL_CAPABILITIES,
    COLLECTION,
    GROUP,
    UNKNOWN_GROUP,
    A,
    B,
    C,
    members,
    sample_provider,
)

pytestmark = pytest.mark.anyio


async def run(
    mutation: MutationRunner, target: GroupRef | CollectionRef | None = GROUP
) -> MutationResult:
    """Run a mutation of a group and a product, as every command does."""
    validator = mutation.validator(Capability.GROUP_UPDATE)
    validator.check_target(GROUP, "id")
    validator.check_ref(A, ProductRef, "productIds", "0")
    plan = mutation.provider.planner.delete_group
    return await mutation.run(validator, lambda: plan(GROUP), target=target)


async def current_revision(vendor: PlanningProvider) -> str:
    """Return the current revision of the first group."""
    revision = await revision_of_group(vendor.groups[0], vendor, runner(vendor).provider_loaders)
    assert revision is not None
    vendor.calls.clear()
    return revision


async def test_a_mutation_is_executed_and_its_calls_are_reported(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    result = await run(runner(vendor))

    assert result == MutationResult(
        calls=(call("/write"),), result=vendor.planner.plan.result, was_executed=True
    )
    assert writes.sent == ["/write"]
    assert vendor.calls == ["forget"]


async def test_a_dry_run_returns_the_plan_and_writes_nothing(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    result = await run(runner(vendor, dry_run=True))

    assert result == MutationResult(calls=(call("/write"),))
    assert vendor.planner.requests == [("delete_group", GROUP)]
    assert writes.sent == []


async def test_objects_loaded_before_a_mutation_are_read_again_for_it_and_after_it(
    vendor: PlanningProvider,
) -> None:
    mutation = runner(vendor, if_revision=await current_revision(vendor))
    await mutation.provider_loaders.groups.load(GROUP)
    vendor.calls.clear()

    await run(mutation)
    await mutation.provider_loaders.groups.load(GROUP)

    assert vendor.calls == ["forget", "get_groups", "get_memberships", "get_groups"]


async def test_objects_loaded_for_a_dry_run_are_not_read_again_after_it(
    vendor: PlanningProvider,
) -> None:
    mutation = runner(vendor, dry_run=True, if_revision=await current_revision(vendor))

    await run(mutation)
    await mutation.provider_loaders.groups.load(GROUP)

    assert vendor.calls == ["forget", "get_groups", "get_memberships"]


async def test_objects_are_read_again_after_a_failed_mutation(vendor: PlanningProvider) -> None:
    failed = StepRecorder().step("/write", error=failure(WriteOutcome.UNKNOWN))
    vendor.planner.plan = Plan(stages=((failed,),))
    mutation = runner(vendor, if_revision=await current_revision(vendor))

    with pytest.raises(Unavailable):
        await run(mutation)
    vendor.groups = [Group(ref=GROUP, name="Changed")]

    group = await mutation.provider_loaders.groups.load(GROUP)
    assert group == Group(ref=GROUP, name="Changed")


async def test_a_group_contained_in_the_response_to_a_write_is_not_read_again(
    vendor: PlanningProvider,
) -> None:
    group = Group(ref=GROUP, name="From the response")
    vendor.planner.plan = Plan(
        stages=((StepRecorder().step("/write"),),), result=PlanResult(group=GROUP, entity=group)
    )
    mutation = runner(vendor)

    await run(mutation)

    assert await mutation.provider_loaders.groups.load(GROUP) is group
    assert vendor.calls == ["forget"]


async def test_a_group_contained_in_a_response_is_read_again_if_a_later_write_failed() -> None:
    vendor, writes = sample_provider(), StepRecorder()
    stages = ((writes.step("/1"),), (writes.step("/2", error=failure(WriteOutcome.UNKNOWN)),))
    group = Group(ref=GROUP, name="From the response")
    vendor.planner.plan = Plan(stages=stages, result=PlanResult(group=GROUP, entity=group))
    mutation = runner(vendor)

    result = await run(mutation)

    assert result.result.group == GROUP
    loaded = await mutation.provider_loaders.groups.load(GROUP)
    assert loaded == Group(ref=GROUP, name="Monthly")


async def test_refusals_of_the_validator_and_of_the_planner_are_reported_together(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    vendor.planner.failure = Refused(not_found(A))
    mutation = runner(vendor)
    validator = mutation.validator(Capability.GROUP_ASSIGN_PRODUCTS)
    validator.check_refs([None, A], ProductRef, "productIds", 100)

    result = await mutation.run(validator, lambda: vendor.planner.assign(GROUP, [A]))

    assert codes_and_fields(result.refusals) == [
        (UserErrorCode.INVALID, ("productIds", "0")),
        (UserErrorCode.NOT_FOUND, ("productIds", "1")),
    ]
    assert (result.was_executed, result.calls, writes.sent) == (False, (), [])


async def test_a_mutation_that_only_the_validator_refuses_is_not_executed(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    mutation = runner(vendor)
    validator = mutation.validator(Capability.GROUP_UPDATE)
    validator.refuse_argument("The input is wrong.", "input")

    result = await mutation.run(validator, lambda: vendor.planner.delete_group(GROUP))

    assert codes_and_fields(result.refusals) == [(UserErrorCode.INVALID, ("input",))]
    assert writes.sent == []


async def test_invalid_input_is_reported_even_if_the_vendor_fails(
    vendor: PlanningProvider,
) -> None:
    vendor.planner.failure = failure(None)
    mutation = runner(vendor)
    validator = mutation.validator(Capability.GROUP_UPDATE)
    validator.refuse_argument("The input is wrong.", "input")

    result = await mutation.run(validator, lambda: vendor.planner.delete_group(GROUP))

    assert codes_and_fields(result.refusals) == [(UserErrorCode.INVALID, ("input",))]


async def test_a_failure_before_the_first_write_has_the_outcome_not_applied(
    vendor: PlanningProvider,
) -> None:
    vendor.failure = Denied(ProviderKey.DODO, "Dodo Payments does not accept the credentials.")

    with pytest.raises(Denied) as caught:
        await run(runner(vendor, if_revision="any"))

    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert vendor.planner.requests == []


async def test_refusals_of_a_write_get_the_argument_they_are_about() -> None:
    vendor, writes = sample_provider(), StepRecorder()
    stage = (writes.step("/1", A, error=Refused(not_found(A))), writes.step("/2", B))
    vendor.planner.plan = Plan(stages=(stage,))

    result = await run(runner(vendor))

    assert codes_and_fields(result.refusals) == [(UserErrorCode.NOT_FOUND, ("productIds", "0"))]
    assert result.unconfirmed_products == {A}
    assert result.calls == (call("/2"),)


async def test_a_mutation_with_the_current_revision_is_executed(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    result = await run(runner(vendor, if_revision=await current_revision(vendor)))

    assert result.refusals == ()
    assert writes.sent == ["/write"]


@pytest.mark.parametrize("revision", ["", "older"])
async def test_a_mutation_with_another_revision_is_refused_as_stale(
    vendor: PlanningProvider, writes: StepRecorder, revision: str
) -> None:
    result = await run(runner(vendor, if_revision=revision))

    assert result.refusals == (
        Conflict(
            message="The group has changed since this revision; read it again.",
            code=UserErrorCode.STALE,
            field=("ifRevision",),
            about=GROUP,
            conflicting_ref=GROUP,
        ),
    )
    assert (vendor.planner.requests, writes.sent) == ([], [])


async def test_a_revision_is_stale_after_the_order_has_changed(vendor: PlanningProvider) -> None:
    revision = await current_revision(vendor)
    vendor.memberships = {GROUP: members(B, A, C)}

    result = await run(runner(vendor, if_revision=revision))

    assert codes_and_fields(result.refusals) == [(UserErrorCode.STALE, ("ifRevision",))]


async def test_a_revision_ignores_the_order_if_the_vendor_keeps_none(
    vendor: PlanningProvider,
) -> None:
    vendor.capabilities = ALL_CAPABILITIES - {Capability.GROUP_REORDER_PRODUCTS}
    revision = await current_revision(vendor)
    vendor.memberships = {GROUP: members(B, A, C)}

    result = await run(runner(vendor, if_revision=revision))

    assert result.refusals == ()


async def test_a_missing_target_with_a_revision_is_refused_as_not_found(
    vendor: PlanningProvider,
) -> None:
    result = await run(runner(vendor, if_revision="any"), UNKNOWN_GROUP)

    assert result.refusals == (NotFound(message="The group does not exist.", about=UNKNOWN_GROUP),)


async def test_the_revision_of_a_collection_includes_its_groups(vendor: PlanningProvider) -> None:
    loaders = runner(vendor).provider_loaders
    revision = await revision_of_collection(vendor.collections[0], vendor, loaders)

    unchanged = await run(runner(vendor, if_revision=revision), COLLECTION)
    vendor.memberships = {**vendor.memberships, GROUP: members(A)}
    changed = await run(runner(vendor, if_revision=revision), COLLECTION)

    assert codes_and_fields(unchanged.refusals) == []
    assert changed.refusals == (
        Conflict(
            message="The collection has changed since this revision; read it again.",
            code=UserErrorCode.STALE,
            field=("ifRevision",),
            about=COLLECTION,
            conflicting_ref=COLLECTION,
        ),
    )


async def test_nulls_are_refused_only_if_the_vendor_supports_the_mutation() -> None:
    nulls = (("input", "status"),)
    validator = runner(sample_provider(), nulls=nulls).validator(Capability.GROUP_UPDATE)
    with pytest.raises(Refused) as caught:
        validator.raise_refusals()
    assert caught.value.refusals == (
        InvalidInput(
            message="The status of a group cannot be cleared.",
            code=UserErrorCode.INVALID,
            field=("input", "status"),
        ),
    )

    with pytest.raises(Refused) as caught:
        runner(sample_provider(frozenset()), nulls=nulls).validator(Capability.GROUP_UPDATE)
    assert [refusal.code for refusal in caught.value.refusals] == [UserErrorCode.UNSUPPORTED]
