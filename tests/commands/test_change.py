"""Every change reads afresh, checks, plans and then writes, and leaves nothing old to be read."""

import pytest

from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group
from groupgate.domain.errors import Denied, Refused, Unavailable, WriteOutcome
from groupgate.domain.planner import Plan, PlanResult
from groupgate.domain.refs import CollectionRef, GroupRef, ProviderKey
from groupgate.domain.refusals import Conflict, InvalidInput, NotFound, UserErrorCode
from groupgate.loaders.revisions import revision_of_collection, revision_of_group
from tests.commands.runners import runner, shop_with_one_write, told
from tests.fake_planner import PlanningProvider, Writes, call, failure
from tests.little_shop import COLLECTION, EVERYTHING, GONE, GROUP, A, B, C, members, shop

pytestmark = pytest.mark.anyio

NO_A = NotFound(message="No such product.", about=A)


async def changed(
    at: MutationRunner, target: GroupRef | CollectionRef | None = GROUP
) -> MutationResult:
    """Change something, the way all commands do."""
    validator = at.validator(Capability.GROUP_UPDATE)
    validator.target(GROUP, "id")
    validator.own(A, type(A), "productIds", "0")
    plan = at.provider.planner.delete_group
    return await at.change(validator, lambda: plan(GROUP), target=target)


async def revision(vendor: PlanningProvider) -> str:
    """The present revision of the first group."""
    found = await revision_of_group(vendor.groups[0], vendor, runner(vendor).fresh)
    assert found is not None
    vendor.calls.clear()
    return found


async def test_a_change_is_written_and_told() -> None:
    writes = Writes()
    vendor = shop_with_one_write(writes)

    result = await changed(runner(vendor))

    assert result == MutationResult(
        calls=(call("/write"),), result=vendor.planner.plan.result, was_executed=True
    )
    assert writes.sent == ["/write"]
    assert vendor.calls == ["forget"]


async def test_a_dry_run_plans_and_writes_nothing() -> None:
    writes = Writes()
    vendor = shop_with_one_write(writes)

    result = await changed(runner(vendor, dry_run=True))

    assert result == MutationResult(calls=(call("/write"),))
    assert vendor.planner.asked == [("delete_group", GROUP)]
    assert writes.sent == []


async def test_what_was_read_before_a_change_is_read_again_for_it_and_after_it() -> None:
    vendor = shop_with_one_write(Writes())
    at = runner(vendor, if_revision=await revision(vendor))
    await at.fresh.groups.load(GROUP)
    vendor.calls.clear()

    await changed(at)
    await at.fresh.groups.load(GROUP)

    assert vendor.calls == ["forget", "get_groups", "get_memberships", "get_groups"]


async def test_after_a_dry_run_what_was_read_for_it_is_not_read_again() -> None:
    vendor = shop_with_one_write(Writes())
    at = runner(vendor, dry_run=True, if_revision=await revision(vendor))

    await changed(at)
    await at.fresh.groups.load(GROUP)

    assert vendor.calls == ["forget", "get_groups", "get_memberships"]


async def test_a_change_that_failed_leaves_nothing_old_to_be_read() -> None:
    vendor = shop_with_one_write(Writes())
    broken = Writes().step("/write", fails=failure(WriteOutcome.UNKNOWN))
    vendor.planner.plan = Plan(stages=((broken,),))
    at = runner(vendor, if_revision=await revision(vendor))

    with pytest.raises(Unavailable):
        await changed(at)
    vendor.groups = [Group(ref=GROUP, name="Changed")]

    assert await at.fresh.groups.load(GROUP) == Group(ref=GROUP, name="Changed")


async def test_a_group_that_the_answer_shows_is_not_read_again() -> None:
    vendor, shown = shop_with_one_write(Writes()), Group(ref=GROUP, name="Shown")
    vendor.planner.plan = Plan(
        stages=((Writes().step("/write"),),), result=PlanResult(group=GROUP, entity=shown)
    )
    at = runner(vendor)

    await changed(at)

    assert await at.fresh.groups.load(GROUP) is shown
    assert vendor.calls == ["forget"]


async def test_a_group_shown_before_a_later_write_failed_is_read_again() -> None:
    vendor, writes = shop(), Writes()
    stages = ((writes.step("/1"),), (writes.step("/2", fails=failure(WriteOutcome.UNKNOWN)),))
    shown = Group(ref=GROUP, name="Shown")
    vendor.planner.plan = Plan(stages=stages, result=PlanResult(group=GROUP, entity=shown))
    at = runner(vendor)

    result = await changed(at)

    assert result.result.group == GROUP
    assert await at.fresh.groups.load(GROUP) == Group(ref=GROUP, name="Monthly")


async def test_what_the_guard_and_the_vendors_rules_found_is_told_at_once_and_not_written() -> None:
    writes = Writes()
    vendor = shop_with_one_write(writes)
    vendor.planner.failure = Refused(NO_A)
    at = runner(vendor)
    validator = at.validator(Capability.GROUP_ASSIGN_PRODUCTS)
    validator.listed([None, A], type(A), "productIds", 100)

    result = await at.change(validator, lambda: vendor.planner.assign(GROUP, [A]))

    assert told(result) == [
        (UserErrorCode.INVALID, ("productIds", "0")),
        (UserErrorCode.NOT_FOUND, ("productIds", "1")),
    ]
    assert (result.was_executed, result.calls, writes.sent) == (False, (), [])


async def test_what_only_the_guard_found_is_not_written_either() -> None:
    writes = Writes()
    vendor = shop_with_one_write(writes)
    at = runner(vendor)
    validator = at.validator(Capability.GROUP_UPDATE)
    validator.invalid("Wrong.", "input")

    result = await at.change(validator, lambda: vendor.planner.delete_group(GROUP))

    assert told(result) == [(UserErrorCode.INVALID, ("input",))]
    assert writes.sent == []


async def test_an_input_that_is_wrong_is_refused_although_the_vendor_fails() -> None:
    vendor = shop_with_one_write(Writes())
    vendor.planner.failure = failure(None)
    at = runner(vendor)
    validator = at.validator(Capability.GROUP_UPDATE)
    validator.invalid("Wrong.", "input")

    result = await at.change(validator, lambda: vendor.planner.delete_group(GROUP))

    assert told(result) == [(UserErrorCode.INVALID, ("input",))]


async def test_a_vendor_that_fails_before_anything_is_written_has_applied_nothing() -> None:
    vendor = shop_with_one_write(Writes())
    vendor.failure = Denied(ProviderKey.DODO, "No.")

    with pytest.raises(Denied) as caught:
        await changed(runner(vendor, if_revision="any"))

    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert vendor.planner.asked == []


async def test_refusals_of_a_write_get_their_arguments() -> None:
    vendor, writes = shop(), Writes()
    stage = (writes.step("/1", A, fails=Refused(NO_A)), writes.step("/2", B))
    vendor.planner.plan = Plan(stages=(stage,))

    result = await changed(runner(vendor))

    assert told(result) == [(UserErrorCode.NOT_FOUND, ("productIds", "0"))]
    assert result.undone == {A}
    assert result.calls == (call("/2"),)


async def test_the_revision_that_still_holds_lets_a_change_pass() -> None:
    writes = Writes()
    vendor = shop_with_one_write(writes)

    result = await changed(runner(vendor, if_revision=await revision(vendor)))

    assert result.refusals == ()
    assert writes.sent == ["/write"]


@pytest.mark.parametrize("seen", ["", "older"])
async def test_a_revision_that_holds_no_longer_is_stale(seen: str) -> None:
    writes = Writes()
    vendor = shop_with_one_write(writes)

    result = await changed(runner(vendor, if_revision=seen))

    assert result.refusals == (
        Conflict(
            message="It has changed since this revision; read it again.",
            code=UserErrorCode.STALE,
            field=("ifRevision",),
            about=GROUP,
            conflicting_ref=GROUP,
        ),
    )
    assert (vendor.planner.asked, writes.sent) == ([], [])


async def test_a_revision_is_stale_once_the_order_has_changed() -> None:
    vendor = shop_with_one_write(Writes())
    seen = await revision(vendor)
    vendor.memberships = {GROUP: members(B, A, C)}

    result = await changed(runner(vendor, if_revision=seen))

    assert told(result) == [(UserErrorCode.STALE, ("ifRevision",))]


async def test_the_order_counts_for_nothing_where_the_vendor_keeps_none() -> None:
    vendor = shop_with_one_write(Writes())
    vendor.capabilities = EVERYTHING - {Capability.GROUP_REORDER_PRODUCTS}
    seen = await revision(vendor)
    vendor.memberships = {GROUP: members(B, A, C)}

    result = await changed(runner(vendor, if_revision=seen))

    assert result.refusals == ()


async def test_what_is_gone_has_no_revision_to_compare() -> None:
    vendor = shop_with_one_write(Writes())

    result = await changed(runner(vendor, if_revision="any"), GONE)

    assert result.refusals == (NotFound(message="It does not exist, or no longer.", about=GONE),)


async def test_the_revision_of_a_collection_is_that_of_all_in_it() -> None:
    vendor = shop_with_one_write(Writes())
    seen = await revision_of_collection(vendor.collections[0], vendor, runner(vendor).fresh)

    passed = await changed(runner(vendor, if_revision=seen), COLLECTION)
    vendor.memberships = {**vendor.memberships, GROUP: members(A)}
    stale = await changed(runner(vendor, if_revision=seen), COLLECTION)

    assert told(passed) == []
    assert told(stale) == [(UserErrorCode.STALE, ("ifRevision",))]


async def test_nulls_that_cannot_be_cleared_are_told_once_the_vendor_can_do_it_at_all() -> None:
    nulls = (("input", "status"),)
    able = runner(shop(), nulls=nulls).validator(Capability.GROUP_UPDATE)
    with pytest.raises(Refused) as caught:
        able.settle()
    assert caught.value.refusals == (
        InvalidInput(
            message="This cannot be cleared.", code=UserErrorCode.INVALID, field=("input", "status")
        ),
    )

    with pytest.raises(Refused) as caught:
        runner(shop(frozenset()), nulls=nulls).validator(Capability.GROUP_UPDATE)
    assert [refusal.code for refusal in caught.value.refusals] == [UserErrorCode.UNSUPPORTED]
