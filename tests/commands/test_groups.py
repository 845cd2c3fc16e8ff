"""Mutations of groups are validated before the vendor's planner is called."""

import pytest

from groupgate.commands import groups
from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupStatus
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Refused, WriteOutcome
from groupgate.domain.planner import Plan, PlanResult
from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.domain.refusals import Conflict, Incomplete, NotFound, UserErrorCode
from tests.commands.runners import codes_and_fields, runner
from tests.fake_planner import PlanningProvider, StepRecorder, call, failure
from tests.sample_catalog import (
    ALL_CAPABILITIES,
    COLLECTION,
    GROUP,
    OTHER_GROUP,
    A,
    B,
    product,
    sample_provider,
)

pytestmark = pytest.mark.anyio


async def test_a_group_is_created_in_a_collection(vendor: PlanningProvider) -> None:
    vendor.planner.plan = Plan(result=PlanResult(group=GROUP))
    change = GroupChange(name="New", status=GroupStatus.INACTIVE)

    result = await groups.create_group(runner(vendor), COLLECTION, change, [B, A])

    assert vendor.planner.requests == [("create_group", COLLECTION, change, (B, A))]
    assert result.result.group == GROUP


async def test_a_group_is_created_in_an_implicit_collection() -> None:
    vendor = sample_provider(ALL_CAPABILITIES - {Capability.COLLECTIONS})
    implicit, change = CollectionRef(provider=ProviderKey.DODO), GroupChange(name="New")

    await groups.create_group(runner(vendor), implicit, change, [])

    assert vendor.planner.requests == [("create_group", implicit, change, ())]


async def test_a_group_of_a_collection_that_cannot_exist_is_refused_as_not_found(
    vendor: PlanningProvider,
) -> None:
    implicit = CollectionRef(provider=ProviderKey.DODO)
    with pytest.raises(Refused) as caught:
        await groups.create_group(runner(vendor), implicit, GroupChange(), [])

    assert caught.value.refusals == (
        NotFound(message="The collection does not exist.", about=implicit, field=("collectionId",)),
    )
    assert (vendor.calls, vendor.planner.requests) == ([], [])


async def test_all_invalid_arguments_of_a_new_group_are_refused_without_a_call() -> None:
    vendor = sample_provider(
        ALL_CAPABILITIES - {Capability.GROUP_UNNAMED, Capability.GROUP_DESCRIPTION}
    )
    with pytest.raises(Refused) as caught:
        await groups.create_group(
            runner(vendor), COLLECTION, GroupChange(description="Long"), [None]
        )

    assert codes_and_fields(caught.value.refusals) == [
        (UserErrorCode.BLANK, ("input", "name")),
        (UserErrorCode.UNSUPPORTED, ("input", "description")),
        (UserErrorCode.INVALID, ("productIds", "0")),
    ]
    assert (vendor.calls, vendor.planner.requests) == ([], [])


async def test_a_group_is_created_with_at_most_a_hundred_products(vendor: PlanningProvider) -> None:
    given = [product(str(number)) for number in range(101)]

    await groups.create_group(runner(vendor), COLLECTION, GroupChange(), given[:100])
    with pytest.raises(Refused) as caught:
        await groups.create_group(runner(vendor), COLLECTION, GroupChange(), given)

    assert codes_and_fields(caught.value.refusals) == [(UserErrorCode.TOO_LONG, ("productIds",))]


async def test_a_created_group_is_reported_even_if_its_products_could_not_be_added() -> None:
    vendor, writes = sample_provider(), StepRecorder()
    failed = writes.step("/2", A, B, error=failure(WriteOutcome.UNKNOWN))
    vendor.planner.plan = Plan(
        stages=((writes.step("/1"),), (failed,)), result=PlanResult(group=GROUP)
    )

    result = await groups.create_group(runner(vendor), COLLECTION, GroupChange(), [A, B])

    message = f"The write may have been applied: {failure(None).message}"
    assert result.refusals == tuple(
        Incomplete(message=message, about=ref, field=("productIds", index), is_retryable=False)
        for index, ref in (("0", A), ("1", B))
    )
    assert result.result.group == GROUP
    assert result.calls == (call("/1"),)


async def test_a_taken_group_name_is_refused_with_its_argument(vendor: PlanningProvider) -> None:
    taken = Conflict(
        message="The name is taken.", code=UserErrorCode.TAKEN, conflicting_ref=OTHER_GROUP
    )
    vendor.planner.failure = Refused(taken)

    created = await groups.create_group(runner(vendor), COLLECTION, GroupChange(name="Yearly"), [])
    updated = await groups.update_group(runner(vendor), GROUP, GroupChange(name=None))

    assert (
        codes_and_fields(created.refusals)
        == codes_and_fields(updated.refusals)
        == [(UserErrorCode.TAKEN, ("input", "name"))]
    )


async def test_a_group_is_updated(vendor: PlanningProvider, writes: StepRecorder) -> None:
    change = GroupChange(name=None)

    result = await groups.update_group(runner(vendor), GROUP, change)

    assert vendor.planner.requests == [("update_group", GROUP, change)]
    assert (result.refusals, writes.sent) == ((), ["/write"])


async def test_an_empty_update_is_not_planned(vendor: PlanningProvider) -> None:
    result = await groups.update_group(runner(vendor), GROUP, GroupChange())

    assert (result.was_executed, result.calls) == (True, ())
    assert (vendor.planner.requests, vendor.calls) == ([], ["forget"])


async def test_an_empty_update_with_another_revision_is_refused_as_stale(
    vendor: PlanningProvider,
) -> None:
    result = await groups.update_group(runner(vendor, if_revision="older"), GROUP, GroupChange())

    assert codes_and_fields(result.refusals) == [(UserErrorCode.STALE, ("ifRevision",))]


async def test_a_group_is_deleted(vendor: PlanningProvider, writes: StepRecorder) -> None:
    result = await groups.delete_group(runner(vendor), GROUP)

    assert vendor.planner.requests == [("delete_group", GROUP)]
    assert (result.was_executed, writes.sent) == (True, ["/write"])


async def test_unsupported_mutations_are_refused_without_a_call() -> None:
    vendor = sample_provider(frozenset())
    for command in (
        groups.create_group(runner(vendor), COLLECTION, GroupChange(), []),
        groups.update_group(runner(vendor), GROUP, GroupChange(name="")),
        groups.delete_group(runner(vendor, if_revision="older"), GROUP),
    ):
        with pytest.raises(Refused) as caught:
            await command
        assert [refusal.code for refusal in caught.value.refusals] == [UserErrorCode.UNSUPPORTED]
    assert (vendor.calls, vendor.planner.requests) == ([], [])
