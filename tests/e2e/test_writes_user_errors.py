"""Every user error code over HTTP: the fields of its error, and an unchanged catalog."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from groupgate.domain.refusals import UserErrorCode
from groupgate.sandbox.app import Sandbox
from groupgate.schema.ids import encode_id
from tests.e2e.documents import PLAN, mutate
from tests.e2e.gateway import Gateway, open_gateway, snapshots, take_writes
from tests.e2e.refused_mutations import (
    BEDROOM,
    FREE,
    REFUSED_MUTATIONS,
    RefusedMutation,
    ids,
)
from tests.e2e.transports import FaultyVendors
from tests.providers.axim.seed import COLLECTION as AXIM_COLLECTION
from tests.providers.dodo import seed as dodo
from tests.providers.two_checkout.seed import (
    COLLECTION,
    LEGACY,
    moved_products,
    product_ref,
    products_by_group,
)

pytestmark = pytest.mark.anyio

USER_ERRORS = """userErrors {
  __typename message code field
  ... on NotFoundError { missingId }
  ... on ConflictError { conflictingNode { id } }
  ... on UnsupportedError { capability provider { key } }
  ... on IncompleteError { isRetryable }
}"""


def without_messages(errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return user errors without their messages; assert that they have one."""
    assert all(error.pop("message") for error in errors)
    return errors


@pytest.mark.parametrize("refused", REFUSED_MUTATIONS.values(), ids=REFUSED_MUTATIONS)
async def test_a_refused_mutation_changes_nothing(
    gateway: Gateway, refused: RefusedMutation
) -> None:
    before = snapshots(gateway.sandbox)
    payload = await mutate(gateway, refused.name, f"{PLAN} {USER_ERRORS}", **refused.arguments)
    assert without_messages(payload["userErrors"]) == list(refused.errors)
    assert payload["plan"] == []
    assert len(take_writes(gateway)) == refused.refused_writes
    assert snapshots(gateway.sandbox) == before


async def test_the_last_product_of_a_collection_cannot_be_removed(gateway: Gateway) -> None:
    """Neither by an unassignment, a move, a replacement nor the deletion of its group."""
    made = await mutate(
        gateway,
        "productCollectionCreate",
        "productCollection { id groups { nodes { id } } } userErrors { code }",
        provider="DODO",
        input={"name": "Icon shop"},
        productIds=ids(FREE),
    )
    assert made["userErrors"] == []
    collection = made["productCollection"]
    (group,) = (each["id"] for each in collection["groups"]["nodes"])
    take_writes(gateway)
    refused: list[tuple[str, dict[str, Any], list[str]]] = [
        ("groupUnassignProducts", {"id": group, "productIds": ids(FREE)}, ["productIds"]),
        ("groupSetProducts", {"id": group, "productIds": []}, ["productIds"]),
        (
            "groupMoveProducts",
            {
                "fromGroupId": group,
                "toGroupId": encode_id(dodo.MONTHLY),
                "productIds": ids(FREE),
            },
            ["productIds"],
        ),
        ("groupDelete", {"id": group}, ["id"]),
    ]
    for mutation, arguments, field in refused:
        payload = await mutate(gateway, mutation, f"{PLAN} {USER_ERRORS}", **arguments)
        error: dict[str, Any] = {"__typename": "ConflictError", "code": "LAST_PRODUCT"}
        error |= {"field": field, "conflictingNode": {"id": collection["id"]}}
        assert without_messages(payload["userErrors"]) == [error], mutation
    assert take_writes(gateway) == []


IN_GROUP: Mapping[str, Mapping[str, Any]] = {
    "groupUpdate": {"input": {"name": "New"}},
    "groupDelete": {},
    "groupReorderProducts": {"productIds": []},
}
IN_COLLECTION: Mapping[str, Mapping[str, Any]] = {
    "productCollectionUpdate": {"input": {"name": "New"}},
    "productCollectionReorderGroups": {"groupIds": []},
    "productCollectionArchive": {},
    "productCollectionUnarchive": {},
}
CREATE: Mapping[str, Any] = {"input": {"name": "New"}}
UPDATE_MEMBERSHIP: Mapping[str, Any] = {"productId": "", "input": {"status": "INACTIVE"}}

AT_AXIM = {
    "groupReorderProducts": {"id": encode_id(BEDROOM), "productIds": []},
    "groupProductUpdate": {"groupId": encode_id(BEDROOM), **UPDATE_MEMBERSHIP},
    "productCollectionCreate": {"provider": "AXIM", **CREATE},
    **{name: {"id": encode_id(AXIM_COLLECTION), **rest} for name, rest in IN_COLLECTION.items()},
}
AT_TWO_CHECKOUT = {
    **{name: {"id": encode_id(LEGACY), **rest} for name, rest in IN_GROUP.items()},
    "groupProductUpdate": {"groupId": encode_id(LEGACY), **UPDATE_MEMBERSHIP},
    "productCollectionCreate": {"provider": "TWO_CHECKOUT", **CREATE},
    **{name: {"id": encode_id(COLLECTION), **rest} for name, rest in IN_COLLECTION.items()},
}


def capability(mutation: str) -> str:
    """Return the capability that a mutation needs; it has the same name."""
    return "".join(f"_{each}" if each.isupper() else each for each in mutation).upper()


@pytest.mark.parametrize(
    ("provider", "mutation", "arguments"),
    [
        *(("AXIM", mutation, arguments) for mutation, arguments in AT_AXIM.items()),
        *(("TWO_CHECKOUT", mutation, rest) for mutation, rest in AT_TWO_CHECKOUT.items()),
    ],
)
async def test_an_unsupported_mutation_is_refused_without_a_call(
    gateway: Gateway, provider: str, mutation: str, arguments: Mapping[str, Any]
) -> None:
    """No other error is reported; a dry run has the same one."""
    error = {
        "__typename": "UnsupportedError",
        "code": "UNSUPPORTED",
        "field": None,
        "capability": capability(mutation),
        "provider": {"key": provider},
    }
    for dry_run in (False, True):
        payload = await mutate(
            gateway, mutation, f"{PLAN} {USER_ERRORS}", **arguments, dryRun=dry_run
        )
        assert without_messages(payload["userErrors"]) == [error]
        assert payload["plan"] == []
    assert gateway.call_counts() == {}


async def test_a_partial_failure_reports_the_products_that_are_not_assigned() -> None:
    """The payload has the assigned ones; after a 500 the outcome of a write is unknown."""
    sandbox = Sandbox(unlimited=True)
    codes = products_by_group(sandbox.two_checkout)["Antivirus"][:10]
    failing = f"/2checkout/rest/6.0/products/{codes[4]}/productgroups/F00DBABE42/"
    vendors = FaultyVendors(lambda call: httpx.Response(500) if call.url.path == failing else None)
    async with open_gateway(sandbox, transport=vendors.transport) as gateway:
        payload = await mutate(
            gateway,
            "groupAssignProducts",
            f"assignedProductIds {PLAN} {USER_ERRORS}",
            id=encode_id(LEGACY),
            productIds=ids(*map(product_ref, codes)),
        )
    assigned = moved_products(sandbox.two_checkout)
    missing = [index for index, code in enumerate(codes) if code not in assigned]
    assert 4 in missing
    assert len(assigned) >= 4
    assert payload["assignedProductIds"] == ids(*map(product_ref, assigned))
    assert len(payload["plan"]) == len(assigned)
    assert without_messages(payload["userErrors"]) == [
        {
            "__typename": "IncompleteError",
            "code": "INCOMPLETE",
            "field": ["productIds", str(index)],
            "isRetryable": True,
        }
        for index in missing
    ]


def test_every_code_is_tested() -> None:
    """By this module."""
    tested = {error["code"] for each in REFUSED_MUTATIONS.values() for error in each.errors}
    in_other_tests = {"LAST_PRODUCT", "INCOMPLETE"}
    assert tested | in_other_tests == {code.value for code in UserErrorCode}
