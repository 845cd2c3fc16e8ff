"""Responses to Dodo's writes that lack what the vendor documents."""

from typing import Any

import pytest

from groupgate.commands.collections import unarchive_collection
from groupgate.commands.groups import create_group
from groupgate.commands.memberships import assign_products, set_products
from groupgate.domain.catalog import Group, GroupStatus
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Malformed, WriteOutcome
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.conftest import AlterResponses, FailWith
from tests.providers.dodo.seed import (
    CRM,
    CRM_2024,
    ICONS,
    MONTHLY,
    collection_record,
    members,
    path_of,
)
from tests.providers.faults import Fault
from tests.providers.mutations import runner
from tests.providers.reads import take_methods

pytestmark = pytest.mark.anyio

GROUPS = f"{path_of(CRM)}/groups"
ROWS = f"{path_of(MONTHLY)}/items"
CHANGE = GroupChange(name="Icons", status=GroupStatus.INACTIVE)


@pytest.mark.parametrize(
    ("fields", "is_whole"),
    [
        (("group_id",), False),
        (("group_id", "group_name"), False),
        (("group_id", "status"), False),
        (("group_id", "group_name", "status"), True),
        (("group_id", "products"), False),
    ],
)
async def test_the_response_to_a_new_group_needs_only_its_id(
    alter_responses: AlterResponses,
    simulator: DodoSimulator,
    fields: tuple[str, ...],
    *,
    is_whole: bool,
) -> None:
    """A response without name and status is not shown as the group."""

    def with_fields(target: str, body: Any) -> Any:
        return {name: body[name] for name in fields} if target == GROUPS else body

    with request_scope():
        mutation = runner(alter_responses(with_fields))
        created = (await create_group(mutation, CRM, CHANGE, ICONS)).result
        assert created.group is not None
        assert members(simulator, created.group) == ICONS
        whole = Group(ref=created.group, name="Icons", status=GroupStatus.INACTIVE)
        assert created.entity == (whole if is_whole else None)
        assert take_methods(simulator) == ["GET", "POST"]
        assert await mutation.provider_loaders.groups.load(created.group) == whole
    assert take_methods(simulator) == ([] if is_whole else ["GET"])


@pytest.mark.parametrize(
    "odd",
    [{"status": 1}, {"status": None}, {"group_name": 7}, {"status": "on", "group_name": ["Icons"]}],
    ids=str,
)
async def test_odd_fields_of_a_new_group_are_read_again(
    alter_responses: AlterResponses, simulator: DodoSimulator, odd: dict[str, Any]
) -> None:
    provider = alter_responses(lambda target, body: body | odd if target == GROUPS else body)
    with request_scope():
        created = (await create_group(runner(provider), CRM, CHANGE, ICONS)).result
    assert created.group is not None
    assert (created.entity, members(simulator, created.group)) == (None, ICONS)
    assert take_methods(simulator) == ["GET", "POST"]


@pytest.mark.parametrize("body", [b"{}", b"[]", b"", b'{"group_id": null}', b'{"id": "x"}'])
async def test_a_new_group_without_an_id_is_found_in_its_collection(
    fail_with: FailWith, simulator: DodoSimulator, body: bytes
) -> None:
    provider = fail_with({"POST": [Fault(body=body, reaches_vendor=True)]})
    with request_scope():
        created = (await create_group(runner(provider), CRM, CHANGE, ICONS)).result
    assert created.group is not None
    assert members(simulator, created.group) == ICONS
    assert take_methods(simulator) == ["GET", "POST", "GET"]


async def test_a_new_group_without_an_id_that_is_not_found_may_be_created_later(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    """The vendor has reported a success."""
    provider = fail_with({"POST": [Fault(body=b"{}")]})
    with request_scope(), pytest.raises(Malformed) as caught:
        await create_group(runner(provider), CRM, CHANGE, ICONS)
    assert caught.value.outcome is WriteOutcome.UNKNOWN
    assert caught.value.message == "The response of Dodo Payments does not name the new group."
    assert take_methods(simulator) == ["GET", "GET"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"collection_id": "pdc_1", "excluded_product_ids": null, "message": "Active"}',
        b'{"collection_id": "pdc_1"}',
        b'{"message": "Product collection is active"}',
        b'{"excluded_product_ids": {}}',
        b"",
        b"OK but not JSON",
    ],
)
async def test_a_collection_is_unarchived_without_excluded_products(
    fail_with: FailWith, simulator: DodoSimulator, body: bytes
) -> None:
    provider = fail_with({"POST": [Fault(body=body, reaches_vendor=True)]})
    with request_scope() as scope:
        result = await unarchive_collection(runner(provider), CRM_2024)
    assert (result.refusals, result.result.excluded) == ((), ())
    assert collection_record(simulator, CRM_2024)["archived"] is False
    is_json = not body.startswith(b"OK")
    assert take_methods(simulator) == (["POST"] if is_json else ["POST", "GET"])
    if not is_json:
        assert [place.json_path for place in scope.unreadable] == ["$.excluded_product_ids"]


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"items": []}', b'{"message": "2 added"}', b"", b"null", b"[7]", b'[{"id": 1}]'],
)
async def test_the_response_to_added_products_need_not_be_an_array(
    fail_with: FailWith, simulator: DodoSimulator, body: bytes
) -> None:
    """The ids of the new rows are read if a reorder needs them."""
    provider = fail_with({"POST": [Fault(body=body, reaches_vendor=True)] * 2})
    with request_scope():
        result = await assign_products(runner(provider), MONTHLY, ICONS[:1])
    assert (result.refusals, members(simulator, MONTHLY)[-1:]) == ((), ICONS[:1])
    assert take_methods(simulator) == ["GET", "POST"]

    order = [*ICONS[::-1], *members(simulator, MONTHLY)[:-1]]
    with request_scope():
        result = await set_products(runner(provider), MONTHLY, order)
    assert (result.refusals, members(simulator, MONTHLY)) == ((), order)
    assert take_methods(simulator) == ["GET", "POST", "GET", "PATCH"]
