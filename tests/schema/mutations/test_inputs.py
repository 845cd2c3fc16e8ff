"""Absent, null and value are three different things, from the document down to the planner."""

from typing import Any

import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupAccess, GroupProductStatus, GroupStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.planner import Plan, PlanResult
from tests.little_shop import COLLECTION, EVERYTHING, GROUP, A, shop
from tests.schema.mutations.asking import WHY, ask, error, ids, mutate

pytestmark = pytest.mark.anyio

(COLLECTION_ID, GROUP_ID, A_ID) = ids(COLLECTION, GROUP, A)

WHOLE = GroupChange(
    name="New",
    status=GroupStatus.ACTIVE,
    access=GroupAccess.RESTRICTED,
    description="Long",
    template_name="Plain",
)


@pytest.mark.parametrize(
    ("given", "change"),
    [
        ({"name": "New"}, GroupChange(name="New")),
        ({"name": None}, GroupChange(name=None)),
        (
            {"description": None, "templateName": None},
            GroupChange(description=None, template_name=None),
        ),
        ({"description": ""}, GroupChange(description="")),
        ({"status": "INACTIVE"}, GroupChange(status=GroupStatus.INACTIVE)),
        (
            {
                "name": "New",
                "status": "ACTIVE",
                "access": "RESTRICTED",
                "description": "Long",
                "templateName": "Plain",
            },
            WHOLE,
        ),
    ],
)
async def test_a_group_is_changed_just_as_the_input_says(
    given: dict[str, Any], change: GroupChange
) -> None:
    vendor = shop()

    await mutate(
        f"groupUpdate(id: $id, input: $input) {{ {WHY} }}", vendor, id=GROUP_ID, input=given
    )

    assert vendor.planner.asked == [("update_group", GROUP, change)]


async def test_fields_whose_variables_are_left_out_are_left_out() -> None:
    vendor = shop()
    document = """mutation($id: ID!, $name: String, $access: GroupAccess) {
      groupUpdate(id: $id, input: {name: $name, access: $access, description: null}) {
        userErrors { code }
      }
    }"""

    await ask(document, vendor, id=GROUP_ID)

    assert vendor.planner.asked == [("update_group", GROUP, GroupChange(description=None))]


async def test_an_input_of_nothing_asks_the_planner_for_nothing() -> None:
    vendor = shop()

    payload = await mutate(f"groupUpdate(id: $id, input: {{}}) {{ {WHY} }}", vendor, id=GROUP_ID)

    assert payload == {"userErrors": []}
    assert vendor.planner.asked == []


async def test_status_and_access_cannot_be_cleared() -> None:
    vendor = shop()
    call = f"groupUpdate(id: $id, input: {{status: null, access: null}}) {{ {WHY} }}"

    payload = await mutate(call, vendor, id=GROUP_ID)

    assert payload["userErrors"] == [
        error("INVALID", "input", "status"),
        error("INVALID", "input", "access"),
    ]
    assert (vendor.calls, vendor.planner.asked) == ([], [])


async def test_a_field_that_the_vendor_does_not_know_is_so_even_if_null() -> None:
    vendor = shop(EVERYTHING - {Capability.GROUP_ACCESS})
    call = f"groupUpdate(id: $id, input: {{access: null}}) {{ {WHY} }}"

    payload = await mutate(call, vendor, id=GROUP_ID)

    assert payload["userErrors"] == [
        error("UNSUPPORTED", "input", "access", kind="UnsupportedError")
    ]


@pytest.mark.parametrize("name", ["null", '""', '"  "'])
async def test_a_collection_cannot_be_without_a_name(name: str) -> None:
    vendor = shop()
    call = f"productCollectionUpdate(id: $id, input: {{name: {name}}}) {{ {WHY} }}"

    payload = await mutate(call, vendor, id=COLLECTION_ID)

    assert payload["userErrors"] == [error("BLANK", "input", "name")]
    assert vendor.calls == []


@pytest.mark.parametrize(
    ("given", "change"),
    [
        ('{name: "New"}', CollectionChange(name="New")),
        ("{description: null}", CollectionChange(description=None)),
        ('{description: ""}', CollectionChange(description="")),
    ],
)
async def test_a_collection_is_changed_just_as_the_input_says(
    given: str, change: CollectionChange
) -> None:
    vendor = shop()

    await mutate(
        f"productCollectionUpdate(id: $id, input: {given}) {{ {WHY} }}", vendor, id=COLLECTION_ID
    )

    assert vendor.planner.asked == [("update_collection", COLLECTION, change)]


@pytest.mark.parametrize(
    ("group", "change"),
    [
        ("", GroupChange()),
        (", group: null", GroupChange()),
        (", group: {}", GroupChange()),
        (", group: {name: null}", GroupChange(name=None)),
        (', group: {name: "First"}', GroupChange(name="First")),
    ],
)
async def test_the_first_group_of_a_collection_is_made_just_as_the_input_says(
    group: str, change: GroupChange
) -> None:
    vendor = shop()
    vendor.planner.plan = Plan(result=PlanResult(collection=COLLECTION))

    await mutate(
        f'productCollectionCreate(provider: DODO, input: {{name: "New"}}{group}) {{ {WHY} }}',
        vendor,
    )

    (asked,) = vendor.planner.asked
    assert asked == ("create_collection", CollectionChange(name="New"), change, ())


async def test_a_null_in_the_first_group_is_told_by_its_argument() -> None:
    call = (
        f"productCollectionCreate(provider: DODO, input: {{}}, group: {{status: null}}) {{ {WHY} }}"
    )

    payload = await mutate(call, shop())

    assert payload["userErrors"] == [
        error("INVALID", "group", "status"),
        error("BLANK", "input", "name"),
    ]


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("{}", []),
        ("{status: ACTIVE}", [("update_membership", GROUP, A, GroupProductStatus.ACTIVE)]),
    ],
)
async def test_a_membership_is_changed_just_as_the_input_says(
    given: str, asked: list[tuple[object, ...]]
) -> None:
    vendor = shop()
    call = f"groupProductUpdate(groupId: $id, productId: $other, input: {given}) {{ {WHY} }}"

    payload = await mutate(call, vendor, id=GROUP_ID, other=A_ID)

    assert payload == {"userErrors": []}
    assert vendor.planner.asked == asked


async def test_the_status_of_a_membership_cannot_be_cleared() -> None:
    vendor = shop()
    call = (
        f"groupProductUpdate(groupId: $id, productId: $other, input: {{status: null}}) {{ {WHY} }}"
    )

    payload = await mutate(call, vendor, id=GROUP_ID, other=GROUP_ID)

    assert payload["userErrors"] == [
        error("INVALID", "productId"),
        error("INVALID", "input", "status"),
    ]
    assert vendor.calls == []
