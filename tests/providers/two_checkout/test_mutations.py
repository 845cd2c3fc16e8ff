"""The calls that each mutation makes at 2Checkout, and its result."""

import pytest

from groupgate.commands.collections import (
    archive_collection,
    create_collection,
    reorder_groups,
    unarchive_collection,
    update_collection,
)
from groupgate.commands.groups import create_group, delete_group, update_group
from groupgate.commands.memberships import (
    assign_products,
    move_products,
    reorder_products,
    set_products,
    unassign_products,
    update_membership,
)
from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Refused, Unavailable
from groupgate.domain.provider import Provider
from groupgate.domain.refusals import Conflict, Incomplete, NotFound, UserErrorCode
from groupgate.request import request_scope
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.conftest import FailWith
from tests.providers.faults import LOST_RESPONSE, Fault
from tests.providers.mutations import executed_writes, runner
from tests.providers.reads import take_calls
from tests.providers.two_checkout.seed import (
    COLLECTION,
    LEGACY,
    OFFICE,
    READER,
    UNKNOWN_GROUP,
    UNKNOWN_PRODUCT,
    UTILITIES,
    WRITER,
    moved_products,
    product_ref,
    products_by_group,
)

pytestmark = pytest.mark.anyio


async def test_assigning_twenty_products_is_twenty_posts(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    codes = products_by_group(simulator)["Office"][:20]
    with request_scope():
        result = await assign_products(runner(provider), LEGACY, list(map(product_ref, codes)))
    expected = [("POST", f"/products/{code}/productgroups/F00DBABE42/") for code in codes]
    assert sorted(take_calls(simulator)) == sorted((*call, None) for call in expected)
    assert (executed_writes(result), result.refusals, result.unconfirmed_products) == (
        expected,
        (),
        frozenset(),
    )
    assert moved_products(simulator) == dict.fromkeys(codes, "Legacy")


async def test_unassigning_twenty_products_is_twenty_deletes(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    codes = products_by_group(simulator)["Utilities"]
    with request_scope():
        result = await unassign_products(runner(provider), UTILITIES, list(map(product_ref, codes)))
    expected = [("DELETE", f"/products/{code}/productgroups/12E4567890/") for code in codes]
    assert sorted(take_calls(simulator)) == sorted((*call, None) for call in expected)
    assert (executed_writes(result), result.refusals) == (expected, ())
    assert moved_products(simulator) == dict.fromkeys(codes, "General")


async def test_setting_the_present_products_only_reads(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    there = list(map(product_ref, products_by_group(simulator)["Utilities"]))
    with request_scope():
        result = await set_products(runner(provider), UTILITIES, there[::-1])
    assert take_calls(simulator) == [
        ("GET", "/productgroups/12E4567890/", None),
        ("GET", "/products/?GroupName=Utilities&Limit=200&Page=1", None),
    ]
    assert (executed_writes(result), result.was_executed) == ([], True)


async def test_setting_products_reads_the_group_once(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        result = await set_products(runner(provider), LEGACY, [READER, WRITER])
    assert [method for method, _, _ in take_calls(simulator)] == ["GET", "GET", "POST", "POST"]
    assert result.refusals == ()
    assert moved_products(simulator) == {"FREE-READER": "Legacy", "FWR-STU-1M": "Legacy"}


async def test_moving_reads_the_source_and_posts_to_the_target(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        result = await move_products(runner(provider), OFFICE, LEGACY, [WRITER], None)
    path = "/products/FWR-STU-1M/productgroups/F00DBABE42/"
    assert take_calls(simulator) == [
        ("GET", "/productgroups/DBA13A4268/", None),
        ("GET", "/products/?GroupName=Office&Limit=200&Page=1", None),
        ("POST", path, None),
    ]
    assert (executed_writes(result), result.refusals) == ([("POST", path)], ())
    assert moved_products(simulator) == {"FWR-STU-1M": "Legacy"}


async def test_a_new_group_is_returned_without_another_read(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        mutation = runner(provider)
        result = await create_group(mutation, COLLECTION, GroupChange(name="Fonts"), [READER])
        assert result.result.group is not None
        calls = take_calls(simulator)
        group = await mutation.provider_loaders.groups.load(result.result.group)
    assert group is not None
    assert (group.name, take_calls(simulator)) == ("Fonts", [])
    assert [(method, path) for method, path, _ in calls] == [
        ("POST", "/productgroups/"),
        ("GET", "/productgroups/"),
        ("POST", f"/products/FREE-READER/productgroups/{group.ref.native_id}/"),
    ]
    assert products_by_group(simulator)["Fonts"] == ["FREE-READER"]


async def test_a_taken_name_is_refused_with_the_conflicting_group(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        change = GroupChange(name="Office")
        result = await create_group(runner(provider), COLLECTION, change, [WRITER])
    (refusal,) = result.refusals
    assert isinstance(refusal, Conflict)
    assert (refusal.code, refusal.field) == (UserErrorCode.TAKEN, ("input", "name"))
    assert (refusal.conflicting_ref, result.result.group) == (OFFICE, None)
    assert moved_products(simulator) == {}


async def test_an_unknown_product_is_reported_with_its_index_and_the_others_are_added(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        result = await assign_products(runner(provider), LEGACY, [READER, UNKNOWN_PRODUCT, WRITER])
    assert result.refusals[0] == NotFound(
        message="The product does not exist.", about=UNKNOWN_PRODUCT, field=("productIds", "1")
    )
    assert result.unconfirmed_products == {UNKNOWN_PRODUCT}
    assert moved_products(simulator) == {"FREE-READER": "Legacy", "FWR-STU-1M": "Legacy"}


async def test_an_unknown_group_is_reported_once_for_all_products(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        result = await assign_products(runner(provider), UNKNOWN_GROUP, [READER, WRITER])
    (refusal,) = result.refusals
    assert (refusal.code, refusal.field) == (UserErrorCode.NOT_FOUND, ("id",))
    assert (result.calls, moved_products(simulator)) == ((), {})


async def test_a_partial_move_reports_each_product_with_an_unknown_outcome(
    fail_with: FailWith, simulator: TwoCheckoutSimulator
) -> None:
    lost = product_ref("FWR-STU-1Y")
    path = "/products/FWR-STU-1Y/productgroups/F00DBABE42/"
    provider = fail_with({f"POST {path}": [LOST_RESPONSE]})
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
    assert products_by_group(simulator)["Legacy"] == ["FWR-STU-1M", "FWR-STU-1Y"]


@pytest.mark.parametrize("is_applied", [True, False])
async def test_each_response_that_cannot_be_read_is_followed_by_one_read(
    fail_with: FailWith, simulator: TwoCheckoutSimulator, *, is_applied: bool
) -> None:
    odd = product_ref("FWR-STU-1Y")
    path = "/products/FWR-STU-1Y/productgroups/F00DBABE42/"
    provider = fail_with({f"POST {path}": [Fault(body=b"<p>Done</p>", reaches_vendor=is_applied)]})
    with request_scope():
        result = await assign_products(runner(provider), LEGACY, [WRITER, odd])
    failure = Incomplete(
        message=(
            "The write was not applied: 2Checkout returned a status of success, whose body is not "
            "valid JSON. A read after that shows that the write was not applied."
        ),
        about=odd,
        field=("productIds", "1"),
        is_retryable=True,
    )
    assert result.refusals == (() if is_applied else (failure,))
    assert result.unconfirmed_products == (frozenset() if is_applied else {odd})
    writes = [
        f"/products/{code}/productgroups/F00DBABE42/" for code in ("FWR-STU-1M", "FWR-STU-1Y")
    ]
    calls = [("POST", each, None) for each in writes[: 1 + is_applied]]
    assert sorted(take_calls(simulator)) == [("GET", "/products/FWR-STU-1Y/", None), *calls]
    assert len(products_by_group(simulator)["Legacy"]) == 1 + is_applied


async def test_the_failure_of_an_only_write_is_raised(fail_with: FailWith) -> None:
    path = "/products/FREE-READER/productgroups/F00DBABE42/"
    provider = fail_with({f"POST {path}": [LOST_RESPONSE]})
    with pytest.raises(Unavailable):
        await assign_products(runner(provider), LEGACY, [READER])


async def test_a_dry_run_plans_and_does_not_write(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    change = GroupChange(name="Fonts")
    result = await create_group(runner(provider, dry_run=True), COLLECTION, change, [READER])
    assert executed_writes(result) == [
        ("POST", "/productgroups/"),
        ("POST", "/products/FREE-READER/productgroups/{new}/"),
    ]
    assert take_calls(simulator) == []


async def test_unsupported_mutations_are_refused_without_a_call(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    mutation = runner(provider)
    for command in (
        create_collection(mutation, CollectionChange(name="Shop"), GroupChange(), [WRITER]),
        update_collection(mutation, COLLECTION, CollectionChange(name="Shop")),
        reorder_groups(mutation, COLLECTION, [OFFICE]),
        archive_collection(mutation, COLLECTION),
        unarchive_collection(mutation, COLLECTION),
        update_group(mutation, OFFICE, GroupChange(name="Bureau")),
        delete_group(mutation, OFFICE),
        reorder_products(mutation, OFFICE, [WRITER]),
        update_membership(mutation, OFFICE, WRITER, GroupProductStatus.ACTIVE),
    ):
        with pytest.raises(Refused) as refused:
            await command
        assert [each.code for each in refused.value.refusals] == [UserErrorCode.UNSUPPORTED]
    assert take_calls(simulator) == []
