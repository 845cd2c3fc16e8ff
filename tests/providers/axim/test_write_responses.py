"""Responses to Axim's writes that lack what the vendor documents."""

import pytest

from groupgate.commands.groups import create_group, delete_group, update_group
from groupgate.commands.memberships import assign_products
from groupgate.domain.catalog import GroupAccess
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Malformed, Unconfirmed, WriteOutcome
from groupgate.request import request_scope
from groupgate.sandbox.axim import AximSimulator
from tests.providers.axim.seed import (
    COLLECTION,
    KITCHEN,
    changed_groups,
    group_named,
    group_path,
    groups_by_name,
    ids_outside,
    product_ids,
    product_refs,
)
from tests.providers.conftest import FailWith
from tests.providers.faults import Fault
from tests.providers.mutations import runner
from tests.providers.reads import take_calls, take_methods

pytestmark = pytest.mark.anyio

CHANGE = GroupChange(name="Cooking", access=GroupAccess.RESTRICTED)
PAGE = b"<html><body>Bad gateway</body></html>"

WITHOUT_GROUP = [
    *(b"", b"{}", b"[]", b"null", b"true", b'{"message": "Updated"}', b'{"success": true}'),
    *(b'{"success": true, "data": null}', b'{"success": true, "data": "64f1"}'),
    *(b'{"success": true, "data": [{"id": "x"}]}', b'{"success": true, "data": {"id": 7}}'),
    b'{"success": true, "data": {"id": "other", "name": "Other"}}',
]
"""Successes whose data is not the group."""


@pytest.mark.parametrize("status", [200, 204])
@pytest.mark.parametrize("body", WITHOUT_GROUP)
async def test_an_update_is_a_success_whatever_its_data_is(
    fail_with: FailWith, simulator: AximSimulator, body: bytes, status: int
) -> None:
    """The group is read if it is selected."""
    ref = group_named(simulator, KITCHEN)
    provider = fail_with({"PUT": [Fault(status=status, body=body, reaches_vendor=True)]})
    with request_scope():
        mutation = runner(provider)
        result = await update_group(mutation, ref, CHANGE)
        assert (result.refusals, result.result.entity) == ((), None)
        assert take_methods(simulator) == ["PUT"]
        group = await mutation.provider_loaders.groups.load(ref)
    assert getattr(group, "name", None) == "Cooking"
    assert take_methods(simulator) == ["GET"]


@pytest.mark.parametrize("body", WITHOUT_GROUP)
async def test_a_deleted_group_needs_no_data(
    fail_with: FailWith, simulator: AximSimulator, body: bytes
) -> None:
    ref = group_named(simulator, KITCHEN)
    provider = fail_with({"DELETE": [Fault(body=body, reaches_vendor=True)]})
    with request_scope():
        result = await delete_group(runner(provider), ref)
    assert result.refusals == ()
    assert take_methods(simulator) == ["DELETE"]
    assert KITCHEN not in groups_by_name(simulator)


async def test_the_read_that_confirms_an_update_returns_the_group(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    ref = group_named(simulator, KITCHEN)
    provider = fail_with({"PUT": [Fault(body=PAGE, reaches_vendor=True)]})
    with request_scope():
        mutation = runner(provider)
        await update_group(mutation, ref, CHANGE)
        group = await mutation.provider_loaders.groups.load(ref)
    assert (getattr(group, "name", None), getattr(group, "access", None)) == (
        "Cooking",
        GroupAccess.RESTRICTED,
    )
    assert [call[:2] for call in take_calls(simulator)] == [
        ("PUT", f"/productGroup/{ref.native_id}"),
        ("GET", group_path(ref.native_id)),
    ]


async def test_an_update_that_a_read_does_not_show_was_not_applied(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    ref = group_named(simulator, KITCHEN)
    provider = fail_with({"PUT": [Fault(body=PAGE)]})
    with request_scope(), pytest.raises(Unconfirmed) as caught:
        await update_group(runner(provider), ref, CHANGE)
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert caught.value.message == (
        "Axim Commerce returned a status of success, whose body is not valid JSON. "
        "A read after that shows that the write was not applied."
    )
    assert [call[:2] for call in take_calls(simulator)] == [("GET", group_path(ref.native_id))]
    assert changed_groups(simulator) == {}


async def test_all_pages_of_a_large_group_confirm_added_products(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    ref = group_named(simulator, KITCHEN)
    fault = Fault(body=PAGE, reaches_vendor=True)
    provider = fail_with({"PUT": [fault]})
    new = ids_outside(simulator, KITCHEN, 60)
    with request_scope():
        result = await assign_products(runner(provider), ref, product_refs(new))
    assert result.refusals == ()
    assert product_ids(simulator, KITCHEN)[-60:] == new
    assert take_methods(simulator) == ["PUT", "GET", "GET"]


@pytest.mark.parametrize("body", [b"{}", b"", b'{"success": true, "data": {"_id": "x"}}'])
async def test_a_new_group_that_is_neither_named_nor_found_may_be_created_later(
    fail_with: FailWith, simulator: AximSimulator, body: bytes
) -> None:
    """The vendor has reported a success."""
    provider = fail_with({"POST": [Fault(body=body)]})
    with request_scope(), pytest.raises(Malformed) as caught:
        await create_group(runner(provider), COLLECTION, CHANGE, [])
    assert (caught.value.outcome, caught.value.message) == (
        WriteOutcome.UNKNOWN,
        "The response of Axim Commerce does not name the new group.",
    )
    assert take_methods(simulator) == ["GET"]
