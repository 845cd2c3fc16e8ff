"""Omitted, null and other values of an input reach the planner as different values."""

from typing import Any

import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupAccess, GroupProductStatus, GroupStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.planner import Plan, PlanResult
from tests.sample_catalog import ALL_CAPABILITIES, COLLECTION, GROUP, A, sample_provider
from tests.schema.mutations.helpers import ERRORS, execute, ids, mutate, user_error

pytestmark = pytest.mark.anyio

(COLLECTION_ID, GROUP_ID, A_ID) = ids(COLLECTION, GROUP, A)

ALL_FIELDS = GroupChange(
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
            ALL_FIELDS,
        ),
    ],
)
async def test_the_fields_of_a_group_input_reach_the_planner(
    given: dict[str, Any], change: GroupChange
) -> None:
    vendor = sample_provider()

    await mutate(
        f"groupUpdate(id: $id, input: $input) {{ {ERRORS} }}", vendor, id=GROUP_ID, input=given
    )

    assert vendor.planner.requests == [("update_group", GROUP, change)]


async def test_fields_whose_variables_are_omitted_are_omitted() -> None:
    vendor = sample_provider()
    document = """mutation($id: ID!, $name: String, $access: GroupAccess) {
      groupUpdate(id: $id, input: {name: $name, access: $access, description: null}) {
        userErrors { code }
      }
    }"""

    await execute(document, vendor, id=GROUP_ID)

    assert vendor.planner.requests == [("update_group", GROUP, GroupChange(description=None))]


async def test_an_empty_input_does_not_call_the_planner() -> None:
    vendor = sample_provider()

    payload = await mutate(f"groupUpdate(id: $id, input: {{}}) {{ {ERRORS} }}", vendor, id=GROUP_ID)

    assert payload == {"userErrors": []}
    assert vendor.planner.requests == []


async def test_status_and_access_cannot_be_null() -> None:
    vendor = sample_provider()
    call = f"groupUpdate(id: $id, input: {{status: null, access: null}}) {{ {ERRORS} }}"

    payload = await mutate(call, vendor, id=GROUP_ID)

    assert payload["userErrors"] == [
        user_error("INVALID", "input", "status"),
        user_error("INVALID", "input", "access"),
    ]
    assert (vendor.calls, vendor.planner.requests) == ([], [])


async def test_a_null_field_that_the_vendor_does_not_support_is_unsupported() -> None:
    vendor = sample_provider(ALL_CAPABILITIES - {Capability.GROUP_ACCESS})
    call = f"groupUpdate(id: $id, input: {{access: null}}) {{ {ERRORS} }}"

    payload = await mutate(call, vendor, id=GROUP_ID)

    assert payload["userErrors"] == [
        user_error("UNSUPPORTED", "input", "access", kind="UnsupportedError")
    ]


@pytest.mark.parametrize("name", ["null", '""', '"  "'])
async def test_a_collection_must_have_a_name(name: str) -> None:
    vendor = sample_provider()
    call = f"productCollectionUpdate(id: $id, input: {{name: {name}}}) {{ {ERRORS} }}"

    payload = await mutate(call, vendor, id=COLLECTION_ID)

    assert payload["userErrors"] == [user_error("BLANK", "input", "name")]
    assert vendor.calls == []


@pytest.mark.parametrize(
    ("given", "change"),
    [
        ('{name: "New"}', CollectionChange(name="New")),
        ("{description: null}", CollectionChange(description=None)),
        ('{description: ""}', CollectionChange(description="")),
    ],
)
async def test_the_fields_of_a_collection_input_reach_the_planner(
    given: str, change: CollectionChange
) -> None:
    vendor = sample_provider()

    await mutate(
        f"productCollectionUpdate(id: $id, input: {given}) {{ {ERRORS} }}",
        vendor,
        id=COLLECTION_ID,
    )

    assert vendor.planner.requests == [("update_collection", COLLECTION, change)]


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
async def test_the_fields_of_the_first_group_of_a_collection_reach_the_planner(
    group: str, change: GroupChange
) -> None:
    vendor = sample_provider()
    vendor.planner.plan = Plan(result=PlanResult(collection=COLLECTION))

    await mutate(
        f'productCollectionCreate(provider: DODO, input: {{name: "New"}}{group}) {{ {ERRORS} }}',
        vendor,
    )

    (asked,) = vendor.planner.requests
    assert asked == ("create_collection", CollectionChange(name="New"), change, ())


async def test_the_error_for_a_null_in_the_first_group_names_its_argument() -> None:
    arguments = "provider: DODO, input: {}, group: {status: null}"
    call = f"productCollectionCreate({arguments}) {{ {ERRORS} }}"

    payload = await mutate(call, sample_provider())

    assert payload["userErrors"] == [
        user_error("INVALID", "group", "status"),
        user_error("BLANK", "input", "name"),
    ]


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("{}", []),
        ("{status: ACTIVE}", [("update_membership", GROUP, A, GroupProductStatus.ACTIVE)]),
    ],
)
async def test_the_fields_of_a_group_product_input_reach_the_planner(
    given: str, asked: list[tuple[object, ...]]
) -> None:
    vendor = sample_provider()
    call = f"groupProductUpdate(groupId: $id, productId: $other, input: {given}) {{ {ERRORS} }}"

    payload = await mutate(call, vendor, id=GROUP_ID, other=A_ID)

    assert payload == {"userErrors": []}
    assert vendor.planner.requests == asked


async def test_the_status_of_a_membership_cannot_be_null() -> None:
    vendor = sample_provider()
    arguments = "groupId: $id, productId: $other, input: {status: null}"
    call = f"groupProductUpdate({arguments}) {{ {ERRORS} }}"

    payload = await mutate(call, vendor, id=GROUP_ID, other=GROUP_ID)

    assert payload["userErrors"] == [
        user_error("INVALID", "productId"),
        user_error("INVALID", "input", "status"),
    ]
    assert vendor.calls == []
