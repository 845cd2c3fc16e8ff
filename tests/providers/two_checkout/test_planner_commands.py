"""The mutations as commands: how many calls each costs at 2Checkout, and what it tells."""

import pytest

from groupgate.commands.groups import create_group, delete_group, update_group
from groupgate.commands.memberships import (
    assign_products,
    move_products,
    reorder_products,
    set_products,
    unassign_products,
)
from groupgate.commands.runner import MutationResult
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Refused, Unavailable
from groupgate.domain.provider import Provider
from groupgate.domain.refusals import Conflict, Incomplete, NotFound, UserErrorCode
from groupgate.request import request_scope
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.two_checkout.changing import (
    GONE,
    LEGACY,
    OFFICE,
    UTILITIES,
    asked,
    held,
    moved,
    runner,
)
from tests.providers.two_checkout.faults import LOST_ANSWER, FailWith
from tests.providers.two_checkout.reading import IMPLICIT, product_ref

pytestmark = pytest.mark.anyio

READER = product_ref("FREE-READER")
WRITER = product_ref("FWR-STU-1M")
NOWHERE = product_ref("nowhere")


def made(result: MutationResult) -> list[tuple[str, str]]:
    """Method and path of the writes that a command says it has made."""
    return [(call.method, call.path) for call in result.calls]


async def test_assigning_twenty_is_twenty_posts(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    codes = held(simulator)["Office"][:20]
    with request_scope():
        result = await assign_products(runner(provider), LEGACY, list(map(product_ref, codes)))
    expected = [("POST", f"/products/{code}/productgroups/F00DBABE42/") for code in codes]
    assert sorted(asked(simulator)) == sorted((*call, None) for call in expected)
    assert (made(result), result.refusals, result.unconfirmed_products) == (
        expected,
        (),
        frozenset(),
    )
    assert moved(simulator) == dict.fromkeys(codes, "Legacy")


async def test_unassigning_twenty_is_twenty_deletes(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    codes = held(simulator)["Utilities"]
    with request_scope():
        result = await unassign_products(runner(provider), UTILITIES, list(map(product_ref, codes)))
    expected = [("DELETE", f"/products/{code}/productgroups/12E4567890/") for code in codes]
    assert sorted(asked(simulator)) == sorted((*call, None) for call in expected)
    assert (made(result), result.refusals) == (expected, ())
    assert moved(simulator) == dict.fromkeys(codes, "General")


async def test_setting_what_is_there_is_reads_only(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    there = list(map(product_ref, held(simulator)["Utilities"]))
    with request_scope():
        result = await set_products(runner(provider), UTILITIES, there[::-1])
    assert asked(simulator) == [
        ("GET", "/productgroups/12E4567890/", None),
        ("GET", "/products/?GroupName=Utilities&Limit=200&Page=1", None),
    ]
    assert (made(result), result.was_executed) == ([], True)


async def test_setting_reads_a_group_once(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        result = await set_products(runner(provider), LEGACY, [READER, WRITER])
    assert [method for method, _, _ in asked(simulator)] == ["GET", "GET", "POST", "POST"]
    assert result.refusals == ()
    assert moved(simulator) == {"FREE-READER": "Legacy", "FWR-STU-1M": "Legacy"}


async def test_moving_reads_the_source_and_posts_to_the_target(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        result = await move_products(runner(provider), OFFICE, LEGACY, [WRITER], None)
    path = "/products/FWR-STU-1M/productgroups/F00DBABE42/"
    assert asked(simulator) == [
        ("GET", "/productgroups/DBA13A4268/", None),
        ("GET", "/products/?GroupName=Office&Limit=200&Page=1", None),
        ("POST", path, None),
    ]
    assert (made(result), result.refusals) == ([("POST", path)], ())
    assert moved(simulator) == {"FWR-STU-1M": "Legacy"}


async def test_a_new_group_is_shown_without_another_read(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        mutation = runner(provider)
        result = await create_group(mutation, IMPLICIT, GroupChange(name="Fonts"), [READER])
        assert result.result.group is not None
        calls = asked(simulator)
        group = await mutation.provider_loaders.groups.load(result.result.group)
    assert group is not None
    assert (group.name, asked(simulator)) == ("Fonts", [])
    assert [(method, path) for method, path, _ in calls] == [
        ("POST", "/productgroups/"),
        ("GET", "/productgroups/"),
        ("POST", f"/products/FREE-READER/productgroups/{group.ref.native_id}/"),
    ]
    assert held(simulator)["Fonts"] == ["FREE-READER"]


async def test_a_taken_name_is_refused_and_names_the_group_in_the_way(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        change = GroupChange(name="Office")
        result = await create_group(runner(provider), IMPLICIT, change, [WRITER])
    (refusal,) = result.refusals
    assert isinstance(refusal, Conflict)
    assert (refusal.code, refusal.field) == (UserErrorCode.TAKEN, ("input", "name"))
    assert (refusal.conflicting_ref, result.result.group) == (OFFICE, None)
    assert moved(simulator) == {}


async def test_an_unknown_product_is_blamed_by_its_index_and_the_others_are_done(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        result = await assign_products(runner(provider), LEGACY, [READER, NOWHERE, WRITER])
    assert result.refusals[0] == NotFound(
        message="It does not exist, or no longer.", about=NOWHERE, field=("productIds", "1")
    )
    assert result.unconfirmed_products == {NOWHERE}
    assert moved(simulator) == {"FREE-READER": "Legacy", "FWR-STU-1M": "Legacy"}


async def test_a_group_that_is_gone_is_told_once_for_all_products(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        result = await assign_products(runner(provider), GONE, [READER, WRITER])
    (refusal,) = result.refusals
    assert (refusal.code, refusal.field) == (UserErrorCode.NOT_FOUND, ("id",))
    assert (result.calls, moved(simulator)) == ((), {})


async def test_a_move_that_stops_halfway_tells_each_product_that_may_not_be_there(
    fail_with: FailWith, simulator: TwoCheckoutSimulator
) -> None:
    lost = product_ref("FWR-STU-1Y")
    path = "/products/FWR-STU-1Y/productgroups/F00DBABE42/"
    provider = fail_with({f"POST {path}": [LOST_ANSWER]})
    with request_scope():
        result = await move_products(runner(provider), OFFICE, LEGACY, [WRITER, lost], None)
    assert result.refusals == (
        Incomplete(
            message="The write may have been applied: 2Checkout did not respond in time.",
            about=lost,
            field=("productIds", "1"),
            is_retryable=False,
        ),
    )
    assert (len(result.calls), result.unconfirmed_products) == (1, frozenset({lost}))
    assert held(simulator)["Legacy"] == ["FWR-STU-1M", "FWR-STU-1Y"]


async def test_a_write_that_fails_alone_is_raised(fail_with: FailWith) -> None:
    path = "/products/FREE-READER/productgroups/F00DBABE42/"
    provider = fail_with({f"POST {path}": [LOST_ANSWER]})
    with pytest.raises(Unavailable):
        await assign_products(runner(provider), LEGACY, [READER])


async def test_a_dry_run_plans_and_writes_nothing(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    change = GroupChange(name="Fonts")
    result = await create_group(runner(provider, dry_run=True), IMPLICIT, change, [READER])
    assert made(result) == [
        ("POST", "/productgroups/"),
        ("POST", "/products/FREE-READER/productgroups/{new}/"),
    ]
    assert asked(simulator) == []


async def test_what_the_vendor_cannot_do_costs_no_call(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    for command in (
        update_group(runner(provider), OFFICE, GroupChange(name="Bureau")),
        delete_group(runner(provider), OFFICE),
        reorder_products(runner(provider), OFFICE, [WRITER]),
    ):
        with pytest.raises(Refused) as refused:
            await command
        assert [each.code for each in refused.value.refusals] == [UserErrorCode.UNSUPPORTED]
    assert asked(simulator) == []
