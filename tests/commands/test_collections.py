"""Mutations of collections are validated before the vendor's planner is called."""

import pytest

from groupgate.commands import collections
from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Refused, WriteOutcome
from groupgate.domain.planner import Plan, PlanResult
from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.domain.refusals import Conflict, UserErrorCode
from tests.commands.runners import codes_and_fields, runner
from tests.fake_planner import PlanningProvider, StepRecorder, call, failure
from tests.sample_catalog import (
    ALL_CAPABILITIES,
    COLLECTION,
    FOREIGN_PRODUCT,
    GROUP,
    OTHER_GROUP,
    A,
    B,
    product,
    sample_provider,
)

pytestmark = pytest.mark.anyio

MISSING = CollectionRef(provider=ProviderKey.DODO, native_id="nowhere")


async def test_a_collection_is_created_with_one_group_and_its_products(
    vendor: PlanningProvider,
) -> None:
    vendor.planner.plan = Plan(
        stages=((StepRecorder().step("/write"),),), result=PlanResult(collection=COLLECTION)
    )
    change, group = CollectionChange(name="New"), GroupChange(status=GroupStatus.INACTIVE)

    result = await collections.create_collection(runner(vendor), change, group, [B, A])

    assert vendor.planner.requests == [("create_collection", change, group, (B, A))]
    assert result.result.collection == COLLECTION
    assert result.calls == (call("/write"),)


async def test_all_invalid_arguments_of_a_new_collection_are_refused_without_a_call(
    vendor: PlanningProvider,
) -> None:
    mutation = runner(vendor, nulls=(("group", "status"),))
    with pytest.raises(Refused) as caught:
        await collections.create_collection(
            mutation, CollectionChange(), GroupChange(name=" "), [A, FOREIGN_PRODUCT, A]
        )

    assert codes_and_fields(caught.value.refusals) == [
        (UserErrorCode.INVALID, ("group", "status")),
        (UserErrorCode.BLANK, ("input", "name")),
        (UserErrorCode.BLANK, ("group", "name")),
        (UserErrorCode.WRONG_PROVIDER, ("productIds", "1")),
        (UserErrorCode.DUPLICATE, ("productIds", "2")),
    ]
    assert (vendor.calls, vendor.planner.requests) == ([], [])


async def test_a_partially_created_collection_is_not_retryable() -> None:
    vendor, writes = sample_provider(), StepRecorder()
    stages = ((writes.step("/1"),), (writes.step("/2", error=failure(WriteOutcome.NOT_APPLIED)),))
    vendor.planner.plan = Plan(stages=stages, result=PlanResult(collection=COLLECTION))

    result = await collections.create_collection(
        runner(vendor), CollectionChange(name="New"), GroupChange(), []
    )

    assert codes_and_fields(result.refusals) == [(UserErrorCode.INCOMPLETE, None)]
    assert getattr(result.refusals[0], "is_retryable", None) is False
    assert result.result.collection == COLLECTION


async def test_a_collection_is_updated(vendor: PlanningProvider, writes: StepRecorder) -> None:
    change = CollectionChange(name="New", description=None)

    result = await collections.update_collection(runner(vendor), COLLECTION, change)

    assert vendor.planner.requests == [("update_collection", COLLECTION, change)]
    assert (result.refusals, writes.sent) == ((), ["/write"])


async def test_an_empty_update_is_not_planned(vendor: PlanningProvider) -> None:
    result = await collections.update_collection(runner(vendor), COLLECTION, CollectionChange())

    assert (result.was_executed, result.calls) == (True, ())
    assert (vendor.planner.requests, vendor.calls) == ([], ["forget"])


async def test_a_taken_collection_name_is_refused_with_its_argument(
    vendor: PlanningProvider,
) -> None:
    vendor.planner.failure = Refused(
        Conflict(message="The name is taken.", code=UserErrorCode.TAKEN)
    )

    result = await collections.update_collection(
        runner(vendor), COLLECTION, CollectionChange(name="New")
    )

    assert codes_and_fields(result.refusals) == [(UserErrorCode.TAKEN, ("input", "name"))]


async def test_an_implicit_collection_cannot_be_updated() -> None:
    vendor = sample_provider(
        ALL_CAPABILITIES - {Capability.COLLECTIONS, Capability.PRODUCT_COLLECTION_UPDATE}
    )
    implicit = CollectionRef(provider=ProviderKey.DODO)
    with pytest.raises(Refused) as caught:
        await collections.update_collection(runner(vendor), implicit, CollectionChange(name="New"))

    assert codes_and_fields(caught.value.refusals) == [(UserErrorCode.UNSUPPORTED, None)]
    assert vendor.calls == []


async def test_groups_are_reordered(vendor: PlanningProvider, writes: StepRecorder) -> None:
    result = await collections.reorder_groups(runner(vendor), COLLECTION, [OTHER_GROUP, GROUP])

    assert vendor.planner.requests == [("reorder_groups", COLLECTION, (OTHER_GROUP, GROUP))]
    assert (result.refusals, writes.sent) == ((), ["/write"])


async def test_groups_already_in_this_order_need_no_write(vendor: PlanningProvider) -> None:
    result = await collections.reorder_groups(runner(vendor), COLLECTION, [GROUP, OTHER_GROUP])

    assert (result.was_executed, result.calls, vendor.planner.requests) == (True, (), [])
    assert vendor.calls == ["forget", "list_groups"]


async def test_duplicate_and_missing_groups_of_an_order_are_refused_together(
    vendor: PlanningProvider,
) -> None:
    result = await collections.reorder_groups(runner(vendor), COLLECTION, [GROUP, GROUP])

    assert codes_and_fields(result.refusals) == [
        (UserErrorCode.DUPLICATE, ("groupIds", "1")),
        (UserErrorCode.NOT_A_PERMUTATION, ("groupIds",)),
    ]
    assert vendor.planner.requests == []


async def test_an_order_of_a_missing_collection_is_refused_as_not_found(
    vendor: PlanningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_results(_requests: object) -> dict[object, object]:
        return {}

    monkeypatch.setattr(vendor, "list_groups", no_results)

    result = await collections.reorder_groups(runner(vendor), MISSING, [product("a"), GROUP])

    assert codes_and_fields(result.refusals) == [
        (UserErrorCode.INVALID, ("groupIds", "0")),
        (UserErrorCode.NOT_FOUND, ("id",)),
    ]


async def test_a_collection_is_archived_and_unarchived(vendor: PlanningProvider) -> None:
    vendor.planner.plan = Plan(result=PlanResult(excluded=(A,)))

    await collections.archive_collection(runner(vendor), COLLECTION)
    result = await collections.unarchive_collection(runner(vendor), COLLECTION)

    assert vendor.planner.requests == [
        ("archive_collection", COLLECTION),
        ("unarchive_collection", COLLECTION),
    ]
    assert result.result.excluded == (A,)


async def test_an_archiving_with_another_revision_is_refused_as_stale(
    vendor: PlanningProvider,
) -> None:
    result = await collections.archive_collection(runner(vendor, if_revision="older"), COLLECTION)

    assert codes_and_fields(result.refusals) == [(UserErrorCode.STALE, ("ifRevision",))]
    assert vendor.planner.requests == []
