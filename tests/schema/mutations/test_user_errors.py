"""Each class of refusal has its GraphQL type, and each code has a mutation that returns it."""

from typing import Any

import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.errors import Refused, WriteOutcome
from groupgate.domain.planner import Plan
from groupgate.domain.refs import ProductRef
from groupgate.domain.refusals import Conflict, Refusal, UserErrorCode
from groupgate.schema.user_errors import USER_ERRORS
from tests.fake_planner import PlanningProvider, StepRecorder, failure
from tests.sample_catalog import (
    ALL_CAPABILITIES,
    COLLECTION,
    FOREIGN_PRODUCT,
    GROUP,
    OTHER_GROUP,
    UNKNOWN_GROUP,
    A,
    B,
    D,
    sample_provider,
)
from tests.schema.mutations.helpers import ids, mutate, user_error

pytestmark = pytest.mark.anyio

ALL = """userErrors {
  __typename message code field
  ... on NotFoundError { missingId }
  ... on ConflictError { conflictingNode { __typename id ... on Group { name } } }
  ... on UnsupportedError { provider { key name } capability }
  ... on IncompleteError { isRetryable }
}"""
ASSIGN = f"groupAssignProducts(id: $id, productIds: $ids) {{ {ALL} }}"
SET = f"groupSetProducts(id: $id, productIds: $ids) {{ {ALL} }}"

(GROUP_ID, GONE_ID, OTHER_ID) = ids(GROUP, UNKNOWN_GROUP, OTHER_GROUP)


async def errors(
    call: str, vendor: PlanningProvider, *products: ProductRef
) -> list[dict[str, Any]]:
    """Return the user errors of a mutation of the first group."""
    given = {"ids": ids(*products)} if "$ids" in call else {}
    payload = await mutate(call, vendor, id=GROUP_ID, **given)
    user_errors: list[dict[str, Any]] = payload["userErrors"]
    return user_errors


def refusing(code: UserErrorCode, about: ProductRef | None = None) -> PlanningProvider:
    """Return a vendor that refuses everything with a conflict with its second group."""
    vendor = sample_provider()
    refusal = Conflict(
        message="The group conflicts.", code=code, about=about, conflicting_ref=OTHER_GROUP
    )
    vendor.planner.failure = Refused(refusal)
    return vendor


def conflict(code: str, *field: str) -> dict[str, Any]:
    """Return the error of `refusing`."""
    node = {"__typename": "Group", "id": OTHER_ID, "name": "Yearly"}
    details = {"message": "The group conflicts.", "conflictingNode": node}
    return user_error(code, *field, kind="ConflictError") | details


def test_every_class_of_refusal_has_its_type() -> None:
    assert {kind.__name__ for kind in USER_ERRORS} == {
        kind.__name__ for kind in Refusal.__subclasses__()
    }
    assert [kind.__name__ for kind in USER_ERRORS.values()] == [
        "InvalidInputError",
        "NotFoundError",
        "ConflictError",
        "UnsupportedError",
        "IncompleteError",
    ]


async def test_invalid() -> None:
    found = await errors(
        f"groupUpdate(id: $id, input: {{status: null}}) {{ {ALL} }}", sample_provider()
    )

    assert found == [
        user_error("INVALID", "input", "status")
        | {"message": "The status of a group cannot be cleared."}
    ]


async def test_blank() -> None:
    found = await errors(
        f'groupUpdate(id: $id, input: {{name: ""}}) {{ {ALL} }}', sample_provider()
    )

    assert found == [
        user_error("BLANK", "input", "name")
        | {"message": "Sample vendor requires a name for the group."}
    ]


async def test_too_long() -> None:
    found = await errors(ASSIGN, sample_provider(), *[A] * 101)

    message = "The list contains 101 ids; at most 100 are allowed."
    assert found == [user_error("TOO_LONG", "productIds") | {"message": message}]


async def test_duplicate() -> None:
    found = await errors(ASSIGN, sample_provider(), A, B, A)

    message = "The list contains this product more than once."
    assert found == [user_error("DUPLICATE", "productIds", "2") | {"message": message}]


async def test_not_a_permutation() -> None:
    call = f"groupReorderProducts(id: $id, productIds: $ids) {{ {ALL} }}"

    found = await errors(call, sample_provider(), A, D)

    message = "The list must contain every member exactly once: 2 missing, 1 unknown."
    assert found == [user_error("NOT_A_PERMUTATION", "productIds") | {"message": message}]


async def test_wrong_provider() -> None:
    found = await errors(ASSIGN, sample_provider(), FOREIGN_PRODUCT)

    message = "The product belongs to another provider than Sample vendor."
    assert found == [user_error("WRONG_PROVIDER", "productIds", "0") | {"message": message}]


async def test_not_found() -> None:
    payload = await mutate(SET, sample_provider(), id=GONE_ID, ids=[])

    message = "The group does not exist."
    not_found = user_error("NOT_FOUND", "id", kind="NotFoundError")
    assert payload["userErrors"] == [not_found | {"message": message, "missingId": GONE_ID}]


async def test_taken() -> None:
    call = f'groupUpdate(id: $id, input: {{name: "Yearly"}}) {{ {ALL} }}'

    found = await errors(call, refusing(UserErrorCode.TAKEN))

    assert found == [conflict("TAKEN", "input", "name")]


async def test_in_another_group() -> None:
    found = await errors(ASSIGN, refusing(UserErrorCode.IN_ANOTHER_GROUP, D), A, D)

    assert found == [conflict("IN_ANOTHER_GROUP", "productIds", "1")]


async def test_last_product() -> None:
    found = await errors(SET, refusing(UserErrorCode.LAST_PRODUCT))

    assert found == [conflict("LAST_PRODUCT")]


async def test_unsupported() -> None:
    vendor = sample_provider(ALL_CAPABILITIES - {Capability.GROUP_ASSIGN_PRODUCTS})

    found = await errors(ASSIGN, vendor, A)

    assert found == [
        user_error("UNSUPPORTED", kind="UnsupportedError")
        | {
            "message": "Sample vendor does not support GROUP_ASSIGN_PRODUCTS.",
            "provider": {"key": "DODO", "name": "Sample vendor"},
            "capability": "GROUP_ASSIGN_PRODUCTS",
        }
    ]


async def test_incomplete() -> None:
    vendor, writes = sample_provider(), StepRecorder()
    broken = writes.step("/2", D, error=failure(WriteOutcome.NOT_APPLIED))
    vendor.planner.plan = Plan(stages=((writes.step("/1", A),), (broken,)))

    found = await errors(ASSIGN, vendor, A, D)

    assert found == [
        user_error("INCOMPLETE", "productIds", "1", kind="IncompleteError")
        | {"message": "The write was not applied: Dodo Payments failed.", "isRetryable": True}
    ]


async def test_stale() -> None:
    call = f'groupUpdate(id: $id, input: {{}}, ifRevision: "older") {{ {ALL} }}'

    found = await errors(call, sample_provider())

    message = "The group has changed since this revision; read it again."
    node = {"__typename": "Group", "id": GROUP_ID, "name": "Monthly"}
    assert found == [
        user_error("STALE", "ifRevision", kind="ConflictError")
        | {"message": message, "conflictingNode": node}
    ]


async def test_the_conflicting_node_is_read_only_if_it_is_selected() -> None:
    vendor = refusing(UserErrorCode.IN_ANOTHER_GROUP, A)
    short = "groupAssignProducts(id: $id, productIds: $ids) { userErrors { code } }"

    await errors(short, vendor, A)
    assert vendor.calls == ["forget"]

    await errors(ASSIGN, vendor, A)
    assert vendor.calls == ["forget", "forget", "get_groups"]


async def test_the_conflicting_node_may_be_missing_or_unknown() -> None:
    vendor = sample_provider()
    conflicts = [
        Conflict(message="", code=UserErrorCode.TAKEN, conflicting_ref=ref)
        for ref in (None, UNKNOWN_GROUP, COLLECTION)
    ]
    vendor.planner.failure = Refused(*conflicts)
    nodes = "userErrors { ... on ConflictError { conflictingNode { __typename } } }"

    found = await errors(f"groupDelete(id: $id) {{ {nodes} }}", vendor)

    assert [each["conflictingNode"] for each in found] == [
        None,
        None,
        {"__typename": "ProductCollection"},
    ]
