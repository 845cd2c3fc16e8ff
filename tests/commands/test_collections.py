"""Collections are checked by the gateway before the vendor is asked for a plan."""

import pytest

from groupgate.commands import collections
from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Refused, WriteOutcome
from groupgate.domain.planner import Plan, PlanResult
from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.domain.refusals import Conflict, UserErrorCode
from tests.commands.runners import Told, runner, shop_with_one_write, told
from tests.fake_planner import PlanningProvider, Writes, call, failure
from tests.little_shop import COLLECTION, EVERYTHING, FOREIGN, GROUP, OTHER, A, B, product, shop

pytestmark = pytest.mark.anyio

NOWHERE = CollectionRef(provider=ProviderKey.DODO, native_id="nowhere")


@pytest.fixture
def writes() -> Writes:
    """What was sent to the vendor."""
    return Writes()


@pytest.fixture
def vendor(writes: Writes) -> PlanningProvider:
    """A vendor that can do everything."""
    return shop_with_one_write(writes)


def refused(caught: pytest.ExceptionInfo[Refused]) -> list[Told]:
    """Code and field of each refusal raised before anything was read."""
    return [(refusal.code, refusal.field) for refusal in caught.value.refusals]


async def test_a_collection_is_made_with_its_first_group_and_products(
    vendor: PlanningProvider,
) -> None:
    vendor.planner.plan = Plan(
        stages=((Writes().step("/write"),),), result=PlanResult(collection=COLLECTION)
    )
    change, group = CollectionChange(name="New"), GroupChange(status=GroupStatus.INACTIVE)

    result = await collections.create_collection(runner(vendor), change, group, [B, A])

    assert vendor.planner.asked == [("create_collection", change, group, (B, A))]
    assert result.result.collection == COLLECTION
    assert result.calls == (call("/write"),)


async def test_all_that_is_wrong_with_a_new_collection_is_told_at_once_without_a_call(
    vendor: PlanningProvider,
) -> None:
    at = runner(vendor, nulls=(("group", "status"),))
    with pytest.raises(Refused) as caught:
        await collections.create_collection(
            at, CollectionChange(), GroupChange(name=" "), [A, FOREIGN, A]
        )

    assert refused(caught) == [
        (UserErrorCode.INVALID, ("group", "status")),
        (UserErrorCode.BLANK, ("input", "name")),
        (UserErrorCode.BLANK, ("group", "name")),
        (UserErrorCode.WRONG_PROVIDER, ("productIds", "1")),
        (UserErrorCode.DUPLICATE, ("productIds", "2")),
    ]
    assert (vendor.calls, vendor.planner.asked) == ([], [])


async def test_a_new_collection_left_half_made_may_not_be_asked_for_again() -> None:
    vendor, writes = shop(), Writes()
    stages = ((writes.step("/1"),), (writes.step("/2", fails=failure(WriteOutcome.NOT_APPLIED)),))
    vendor.planner.plan = Plan(stages=stages, result=PlanResult(collection=COLLECTION))

    result = await collections.create_collection(
        runner(vendor), CollectionChange(name="New"), GroupChange(), []
    )

    assert told(result) == [(UserErrorCode.INCOMPLETE, None)]
    assert getattr(result.refusals[0], "is_retryable", None) is False
    assert result.result.collection == COLLECTION


async def test_a_collection_is_updated(vendor: PlanningProvider, writes: Writes) -> None:
    change = CollectionChange(name="New", description=None)

    result = await collections.update_collection(runner(vendor), COLLECTION, change)

    assert vendor.planner.asked == [("update_collection", COLLECTION, change)]
    assert (result.refusals, writes.sent) == ((), ["/write"])


async def test_an_update_of_nothing_asks_for_no_plan(vendor: PlanningProvider) -> None:
    result = await collections.update_collection(runner(vendor), COLLECTION, CollectionChange())

    assert (result.was_executed, result.calls) == (True, ())
    assert (vendor.planner.asked, vendor.calls) == ([], ["forget"])


async def test_a_collection_name_that_is_taken_is_that_of_the_input(
    vendor: PlanningProvider,
) -> None:
    vendor.planner.failure = Refused(Conflict(message="Taken.", code=UserErrorCode.TAKEN))

    result = await collections.update_collection(
        runner(vendor), COLLECTION, CollectionChange(name="New")
    )

    assert told(result) == [(UserErrorCode.TAKEN, ("input", "name"))]


async def test_an_implicit_collection_cannot_be_changed() -> None:
    vendor = shop(EVERYTHING - {Capability.COLLECTIONS, Capability.PRODUCT_COLLECTION_UPDATE})
    implicit = CollectionRef(provider=ProviderKey.DODO)
    with pytest.raises(Refused) as caught:
        await collections.update_collection(runner(vendor), implicit, CollectionChange(name="New"))

    assert refused(caught) == [(UserErrorCode.UNSUPPORTED, None)]
    assert vendor.calls == []


async def test_groups_are_put_in_order(vendor: PlanningProvider, writes: Writes) -> None:
    result = await collections.reorder_groups(runner(vendor), COLLECTION, [OTHER, GROUP])

    assert vendor.planner.asked == [("reorder_groups", COLLECTION, (OTHER, GROUP))]
    assert (result.refusals, writes.sent) == ((), ["/write"])


async def test_groups_that_are_in_order_already_take_no_write(vendor: PlanningProvider) -> None:
    result = await collections.reorder_groups(runner(vendor), COLLECTION, [GROUP, OTHER])

    assert (result.was_executed, result.calls, vendor.planner.asked) == (True, (), [])
    assert vendor.calls == ["forget", "list_groups"]


async def test_an_order_of_groups_with_duplicates_and_gaps_is_told_both(
    vendor: PlanningProvider,
) -> None:
    result = await collections.reorder_groups(runner(vendor), COLLECTION, [GROUP, GROUP])

    assert told(result) == [
        (UserErrorCode.DUPLICATE, ("groupIds", "1")),
        (UserErrorCode.NOT_A_PERMUTATION, ("groupIds",)),
    ]
    assert vendor.planner.asked == []


async def test_the_groups_of_a_collection_that_is_gone_have_no_order(
    vendor: PlanningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_asks: object) -> dict[object, object]:
        return {}

    monkeypatch.setattr(vendor, "list_groups", nothing)

    result = await collections.reorder_groups(runner(vendor), NOWHERE, [product("a"), GROUP])

    assert told(result) == [
        (UserErrorCode.INVALID, ("groupIds", "0")),
        (UserErrorCode.NOT_FOUND, ("id",)),
    ]


async def test_a_collection_is_archived_and_brought_back(vendor: PlanningProvider) -> None:
    vendor.planner.plan = Plan(result=PlanResult(excluded=(A,)))

    await collections.archive_collection(runner(vendor), COLLECTION)
    result = await collections.unarchive_collection(runner(vendor), COLLECTION)

    assert vendor.planner.asked == [
        ("archive_collection", COLLECTION),
        ("unarchive_collection", COLLECTION),
    ]
    assert result.result.excluded == (A,)


async def test_an_archiving_can_depend_on_the_revision(vendor: PlanningProvider) -> None:
    result = await collections.archive_collection(runner(vendor, if_revision="older"), COLLECTION)

    assert told(result) == [(UserErrorCode.STALE, ("ifRevision",))]
    assert vendor.planner.asked == []
