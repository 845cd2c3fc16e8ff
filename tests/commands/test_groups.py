"""Groups are checked by the gateway before the vendor is asked for a plan."""

import pytest

from groupgate.commands import groups
from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupStatus
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Refused, WriteOutcome
from groupgate.domain.planner import Plan, PlanResult
from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.domain.refusals import Conflict, Incomplete, NotFound, UserErrorCode
from tests.commands.runners import runner, shop_with_one_write, told
from tests.fake_planner import PlanningProvider, Writes, call, failure
from tests.little_shop import COLLECTION, EVERYTHING, GROUP, OTHER, A, B, product, shop

pytestmark = pytest.mark.anyio


@pytest.fixture
def writes() -> Writes:
    """What was sent to the vendor."""
    return Writes()


@pytest.fixture
def vendor(writes: Writes) -> PlanningProvider:
    """A vendor that can do everything."""
    return shop_with_one_write(writes)


async def test_a_group_is_made_in_a_collection(vendor: PlanningProvider) -> None:
    vendor.planner.plan = Plan(result=PlanResult(group=GROUP))
    change = GroupChange(name="New", status=GroupStatus.INACTIVE)

    result = await groups.create_group(runner(vendor), COLLECTION, change, [B, A])

    assert vendor.planner.asked == [("create_group", COLLECTION, change, (B, A))]
    assert result.result.group == GROUP


async def test_a_group_is_made_in_an_implicit_collection() -> None:
    vendor = shop(EVERYTHING - {Capability.COLLECTIONS})
    implicit, change = CollectionRef(provider=ProviderKey.DODO), GroupChange(name="New")

    await groups.create_group(runner(vendor), implicit, change, [])

    assert vendor.planner.asked == [("create_group", implicit, change, ())]


async def test_a_group_is_not_made_where_no_collection_can_be(vendor: PlanningProvider) -> None:
    implicit = CollectionRef(provider=ProviderKey.DODO)
    with pytest.raises(Refused) as caught:
        await groups.create_group(runner(vendor), implicit, GroupChange(), [])

    assert caught.value.refusals == (
        NotFound(
            message="It does not exist, or no longer.", about=implicit, field=("collectionId",)
        ),
    )
    assert (vendor.calls, vendor.planner.asked) == ([], [])


async def test_all_that_is_wrong_with_a_new_group_is_told_at_once_without_a_call() -> None:
    vendor = shop(EVERYTHING - {Capability.GROUP_UNNAMED, Capability.GROUP_DESCRIPTION})
    with pytest.raises(Refused) as caught:
        await groups.create_group(
            runner(vendor), COLLECTION, GroupChange(description="Long"), [None]
        )

    assert [(refusal.code, refusal.field) for refusal in caught.value.refusals] == [
        (UserErrorCode.BLANK, ("input", "name")),
        (UserErrorCode.UNSUPPORTED, ("input", "description")),
        (UserErrorCode.INVALID, ("productIds", "0")),
    ]
    assert (vendor.calls, vendor.planner.asked) == ([], [])


async def test_a_group_takes_a_hundred_products_to_begin_with(vendor: PlanningProvider) -> None:
    given = [product(str(number)) for number in range(101)]

    await groups.create_group(runner(vendor), COLLECTION, GroupChange(), given[:100])
    with pytest.raises(Refused) as caught:
        await groups.create_group(runner(vendor), COLLECTION, GroupChange(), given)

    assert [(refusal.code, refusal.field) for refusal in caught.value.refusals] == [
        (UserErrorCode.TOO_LONG, ("productIds",))
    ]


async def test_a_group_whose_products_could_not_be_added_is_there_all_the_same() -> None:
    vendor, writes = shop(), Writes()
    broken = writes.step("/2", A, B, fails=failure(WriteOutcome.UNKNOWN))
    vendor.planner.plan = Plan(
        stages=((writes.step("/1"),), (broken,)), result=PlanResult(group=GROUP)
    )

    result = await groups.create_group(runner(vendor), COLLECTION, GroupChange(), [A, B])

    message = "Nobody knows whether this was done: It failed."
    assert result.refusals == tuple(
        Incomplete(message=message, about=ref, field=("productIds", index), is_retryable=False)
        for index, ref in (("0", A), ("1", B))
    )
    assert result.result.group == GROUP
    assert result.calls == (call("/1"),)


async def test_a_group_name_that_is_taken_is_that_of_the_input(vendor: PlanningProvider) -> None:
    taken = Conflict(message="Taken.", code=UserErrorCode.TAKEN, conflicting_ref=OTHER)
    vendor.planner.failure = Refused(taken)

    made = await groups.create_group(runner(vendor), COLLECTION, GroupChange(name="Yearly"), [])
    unnamed = await groups.update_group(runner(vendor), GROUP, GroupChange(name=None))

    assert told(made) == told(unnamed) == [(UserErrorCode.TAKEN, ("input", "name"))]


async def test_a_group_is_updated(vendor: PlanningProvider, writes: Writes) -> None:
    change = GroupChange(name=None)

    result = await groups.update_group(runner(vendor), GROUP, change)

    assert vendor.planner.asked == [("update_group", GROUP, change)]
    assert (result.refusals, writes.sent) == ((), ["/write"])


async def test_an_update_of_nothing_asks_for_no_plan(vendor: PlanningProvider) -> None:
    result = await groups.update_group(runner(vendor), GROUP, GroupChange())

    assert (result.was_executed, result.calls) == (True, ())
    assert (vendor.planner.asked, vendor.calls) == ([], ["forget"])


async def test_an_update_of_nothing_can_be_stale_all_the_same(vendor: PlanningProvider) -> None:
    result = await groups.update_group(runner(vendor, if_revision="older"), GROUP, GroupChange())

    assert told(result) == [(UserErrorCode.STALE, ("ifRevision",))]


async def test_a_group_is_deleted(vendor: PlanningProvider, writes: Writes) -> None:
    result = await groups.delete_group(runner(vendor), GROUP)

    assert vendor.planner.asked == [("delete_group", GROUP)]
    assert (result.was_executed, writes.sent) == (True, ["/write"])


async def test_a_vendor_that_cannot_is_not_asked() -> None:
    vendor = shop(frozenset())
    for command in (
        groups.create_group(runner(vendor), COLLECTION, GroupChange(), []),
        groups.update_group(runner(vendor), GROUP, GroupChange(name="")),
        groups.delete_group(runner(vendor, if_revision="older"), GROUP),
    ):
        with pytest.raises(Refused) as caught:
            await command
        assert [refusal.code for refusal in caught.value.refusals] == [UserErrorCode.UNSUPPORTED]
    assert (vendor.calls, vendor.planner.asked) == ([], [])
