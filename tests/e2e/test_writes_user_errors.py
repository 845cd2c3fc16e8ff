"""Every user error code over HTTP: what it blames, and that nothing was changed."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from groupgate.domain.refusals import UserErrorCode
from groupgate.sandbox.app import Sandbox
from groupgate.schema.ids import encode_id
from tests.e2e.gateway import Gateway, open_gateway
from tests.e2e.mutations import PLAN, mutate
from tests.e2e.refused_changes import BEDROOM, CASES, FREE, Case, many
from tests.e2e.watching import snapshots, writes
from tests.e2e.ways import Troubled
from tests.providers.axim.seed import COLLECTION as AXIM_SHOP
from tests.providers.dodo import seed as dodo
from tests.providers.two_checkout.seed import (
    COLLECTION,
    LEGACY,
    moved_products,
    product_ref,
    products_by_group,
)

pytestmark = pytest.mark.anyio

WHY = """userErrors {
  __typename message code field
  ... on NotFoundError { missingId }
  ... on ConflictError { conflictingNode { id } }
  ... on UnsupportedError { capability provider { key } }
  ... on IncompleteError { isRetryable }
}"""


def without_messages(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """User errors without their wording, which has to be there."""
    assert all(error.pop("message") for error in told)
    return told


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_a_change_that_is_refused_changes_nothing(gateway: Gateway, case: Case) -> None:
    before = snapshots(gateway.sandbox)
    payload = await mutate(gateway, case.mutation, f"{PLAN} {WHY}", **case.arguments)
    assert without_messages(payload["userErrors"]) == list(case.told)
    assert payload["plan"] == []
    assert len(writes(gateway)) == case.refused_writes
    assert snapshots(gateway.sandbox) == before


async def test_the_last_product_of_a_collection_stays(gateway: Gateway) -> None:
    """Taken out, moved out, set away or lost with its group: no write is made."""
    made = await mutate(
        gateway,
        "productCollectionCreate",
        "productCollection { id groups { nodes { id } } } userErrors { code }",
        provider="DODO",
        input={"name": "Icon shop"},
        productIds=many(FREE),
    )
    assert made["userErrors"] == []
    collection = made["productCollection"]
    (group,) = (each["id"] for each in collection["groups"]["nodes"])
    writes(gateway)
    refused: list[tuple[str, dict[str, Any], list[str]]] = [
        ("groupUnassignProducts", {"id": group, "productIds": many(FREE)}, ["productIds"]),
        ("groupSetProducts", {"id": group, "productIds": []}, ["productIds"]),
        (
            "groupMoveProducts",
            {
                "fromGroupId": group,
                "toGroupId": encode_id(dodo.MONTHLY),
                "productIds": many(FREE),
            },
            ["productIds"],
        ),
        ("groupDelete", {"id": group}, ["id"]),
    ]
    for mutation, arguments, field in refused:
        payload = await mutate(gateway, mutation, f"{PLAN} {WHY}", **arguments)
        told: dict[str, Any] = {"__typename": "ConflictError", "code": "LAST_PRODUCT"}
        told |= {"field": field, "conflictingNode": {"id": collection["id"]}}
        assert without_messages(payload["userErrors"]) == [told], mutation
    assert writes(gateway) == []


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
CREATION: Mapping[str, Any] = {"input": {"name": "New"}}
OFFER: Mapping[str, Any] = {"productId": "", "input": {"status": "INACTIVE"}}

AT_AXIM = {
    "groupReorderProducts": {"id": encode_id(BEDROOM), "productIds": []},
    "groupProductUpdate": {"groupId": encode_id(BEDROOM), **OFFER},
    "productCollectionCreate": {"provider": "AXIM", **CREATION},
    **{name: {"id": encode_id(AXIM_SHOP), **rest} for name, rest in IN_COLLECTION.items()},
}
AT_TWO_CHECKOUT = {
    **{name: {"id": encode_id(LEGACY), **rest} for name, rest in IN_GROUP.items()},
    "groupProductUpdate": {"groupId": encode_id(LEGACY), **OFFER},
    "productCollectionCreate": {"provider": "TWO_CHECKOUT", **CREATION},
    **{name: {"id": encode_id(COLLECTION), **rest} for name, rest in IN_COLLECTION.items()},
}


def capability(mutation: str) -> str:
    """The capability that a mutation needs: they have the same name."""
    return "".join(f"_{each}" if each.isupper() else each for each in mutation).upper()


@pytest.mark.parametrize(
    ("provider", "mutation", "arguments"),
    [
        *(("AXIM", mutation, arguments) for mutation, arguments in AT_AXIM.items()),
        *(("TWO_CHECKOUT", mutation, rest) for mutation, rest in AT_TWO_CHECKOUT.items()),
    ],
)
async def test_what_a_vendor_cannot_do_is_refused_without_a_call(
    gateway: Gateway, provider: str, mutation: str, arguments: Mapping[str, Any]
) -> None:
    """And with nothing else that may be wrong; a dry run is told the same."""
    told = {
        "__typename": "UnsupportedError",
        "code": "UNSUPPORTED",
        "field": None,
        "capability": capability(mutation),
        "provider": {"key": provider},
    }
    for dry_run in (False, True):
        payload = await mutate(gateway, mutation, f"{PLAN} {WHY}", **arguments, dryRun=dry_run)
        assert without_messages(payload["userErrors"]) == [told]
        assert payload["plan"] == []
    assert gateway.counts() == {}


async def test_a_vendor_that_fails_halfway_leaves_it_told_what_is_not_done() -> None:
    """What is done is told as well; a 500 leaves it open whether a write was made."""
    sandbox = Sandbox(unlimited=True)
    codes = products_by_group(sandbox.two_checkout)["Antivirus"][:10]
    failing = f"/2checkout/rest/6.0/products/{codes[4]}/productgroups/F00DBABE42/"
    broken = Troubled(lambda call: httpx.Response(500) if call.url.path == failing else None)
    async with open_gateway(sandbox, way=broken.way) as gateway:
        payload = await mutate(
            gateway,
            "groupAssignProducts",
            f"assignedProductIds {PLAN} {WHY}",
            id=encode_id(LEGACY),
            productIds=many(*map(product_ref, codes)),
        )
    done = moved_products(sandbox.two_checkout)
    undone = [index for index, code in enumerate(codes) if code not in done]
    assert 4 in undone
    assert len(done) >= 4
    assert payload["assignedProductIds"] == many(*map(product_ref, done))
    assert len(payload["plan"]) == len(done)
    assert without_messages(payload["userErrors"]) == [
        {
            "__typename": "IncompleteError",
            "code": "INCOMPLETE",
            "field": ["productIds", str(index)],
            "isRetryable": True,
        }
        for index in undone
    ]


def test_every_code_is_produced() -> None:
    """By the tests of this file."""
    told = {error["code"] for case in CASES.values() for error in case.told}
    elsewhere = {"LAST_PRODUCT", "INCOMPLETE"}
    assert told | elsewhere == {code.value for code in UserErrorCode}
