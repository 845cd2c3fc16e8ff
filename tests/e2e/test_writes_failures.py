"""Mutations at a failing vendor: the reported outcome, the vendor's state and other mutations."""

from typing import Any

import httpx
import pytest

from groupgate.sandbox.app import Sandbox
from groupgate.schema.ids import encode_id
from tests.e2e.documents import document, mutate
from tests.e2e.gateway import open_gateway, snapshots, take_writes
from tests.e2e.transports import FaultyVendors, FirstWriteResponseLost
from tests.e2e.valid_mutations import (
    AT_AXIM,
    AT_DODO,
    BEDROOM,
    MONTHLY,
    VALID_MUTATIONS,
    ValidMutation,
)
from tests.providers.axim import seed as axim
from tests.providers.dodo import seed as dodo
from tests.providers.two_checkout import seed as two_checkout

pytestmark = pytest.mark.anyio

UPDATE, MOVE = AT_DODO["update"], AT_DODO["move"]
USER_ERRORS = "userErrors { __typename message field ... on IncompleteError { isRetryable } }"
PREFIXES = {"Dodo": "/dodo", "Axim": "/axim", "2Checkout": "/2checkout"}
KEYS = {"Dodo": "DODO", "Axim": "AXIM", "2Checkout": "TWO_CHECKOUT"}

FOUR_MUTATIONS = """
mutation($dodo: ID!, $axim: ID!, $legacy: ID!, $bedroom: ID!) {
  first: groupUpdate(id: $axim, input: {status: INACTIVE}) { group { status } userErrors { code } }
  second: groupUpdate(id: $dodo, input: {name: "New"}) { group { name } userErrors { code } }
  third: groupDelete(id: $bedroom) { deletedGroupId userErrors { code } }
  fourth: groupUpdate(id: $legacy, input: {}) { userErrors { code } }
}
"""


def failing(vendor: str, result: httpx.Response | Exception, method: str = "") -> FaultyVendors:
    """Return vendors of which one has this result for all calls, or for those of one method."""

    def fail(call: httpx.Request) -> httpx.Response | Exception | None:
        is_failing = call.url.path.startswith(PREFIXES[vendor]) and method in {"", call.method}
        return result if is_failing else None

    return FaultyVendors(fail)


async def execute_failing(vendors: FaultyVendors, mutation: ValidMutation) -> dict[str, Any]:
    """Send a mutation; assert that it fails and changes nothing, and return its only error."""
    async with open_gateway(transport=vendors.transport) as gateway:
        before = snapshots(gateway.sandbox)
        response = await gateway.http.post(
            "/graphql", json={"query": mutation.document, "variables": mutation.arguments}
        )
        body = response.json()
        assert snapshots(gateway.sandbox) == before
    assert body["data"] == {"payload": None}
    (error,) = body["errors"]
    assert error["path"] == ["payload"]
    assert error["extensions"]["requestId"] == response.headers["X-Request-Id"]
    found: dict[str, Any] = error
    return found


async def test_a_failing_vendor_does_not_stop_mutations_at_the_others() -> None:
    """Its payload is null with an error that has the outcome."""
    sandbox = Sandbox(unlimited=True)
    living, bedroom = (axim.group_named(sandbox.axim, name) for name in ("Living room", "Bedroom"))
    vendors = failing("Dodo", httpx.ConnectError("refused"))
    async with open_gateway(sandbox, transport=vendors.transport) as gateway:
        response = await gateway.execute(
            FOUR_MUTATIONS,
            dodo=encode_id(dodo.MONTHLY),
            axim=encode_id(living),
            bedroom=encode_id(bedroom),
            legacy=encode_id(two_checkout.LEGACY),
        )
    assert response["data"] == {
        "first": {"group": {"status": "INACTIVE"}, "userErrors": []},
        "second": None,
        "third": {"deletedGroupId": encode_id(bedroom), "userErrors": []},
        "fourth": {"userErrors": [{"code": "UNSUPPORTED"}]},
    }
    (error,) = response["errors"]
    assert error["path"] == ["second"]
    extensions = error["extensions"]
    assert len(extensions.pop("requestId")) == 16
    assert len(extensions.pop("cause")) == 12
    assert extensions == {
        "code": "UPSTREAM_UNAVAILABLE",
        "provider": "DODO",
        "retryable": True,
        "outcome": "NOT_APPLIED",
    }
    assert set(axim.changed_groups(sandbox.axim)) == {"Living room", "Bedroom"}


@pytest.mark.parametrize("name", VALID_MUTATIONS)
async def test_a_mutation_at_an_unreachable_vendor_is_not_applied(name: str) -> None:
    """Its error is retryable."""
    vendor, _, _ = name.partition(",")
    vendors = failing(vendor, httpx.ConnectError("refused"))
    error = await execute_failing(vendors, VALID_MUTATIONS[name])
    extensions = error["extensions"]
    assert extensions["provider"] == KEYS[vendor]
    assert (extensions["code"], extensions["retryable"]) == ("UPSTREAM_UNAVAILABLE", True)
    assert extensions["outcome"] == "NOT_APPLIED"


@pytest.mark.parametrize(
    ("result", "code", "outcome", "is_retryable"),
    [
        (httpx.ConnectError("refused"), "UPSTREAM_UNAVAILABLE", "NOT_APPLIED", True),
        (httpx.ConnectTimeout("slow"), "UPSTREAM_UNAVAILABLE", "NOT_APPLIED", True),
        (httpx.ReadTimeout("slow"), "UPSTREAM_UNAVAILABLE", "UNKNOWN", False),
        (httpx.ReadError("reset"), "UPSTREAM_UNAVAILABLE", "UNKNOWN", False),
        (httpx.Response(500), "UPSTREAM_UNAVAILABLE", "UNKNOWN", False),
        (httpx.Response(503), "UPSTREAM_UNAVAILABLE", "UNKNOWN", False),
        (httpx.Response(429), "UPSTREAM_THROTTLED", "NOT_APPLIED", True),
        (httpx.Response(401), "UPSTREAM_DENIED", "NOT_APPLIED", False),
        (httpx.Response(403), "UPSTREAM_DENIED", "NOT_APPLIED", False),
        (httpx.Response(418), "UPSTREAM_PROTOCOL", "NOT_APPLIED", False),
    ],
    ids=repr,
)
async def test_the_error_of_a_failed_write_has_the_outcome(
    result: httpx.Response | Exception, code: str, outcome: str, *, is_retryable: bool
) -> None:
    error = await execute_failing(failing("Dodo", result, "PATCH"), UPDATE)
    extensions = error["extensions"]
    assert (extensions["code"], extensions["outcome"]) == (code, outcome)
    assert extensions["retryable"] is is_retryable


@pytest.mark.parametrize("vendor", PREFIXES)
async def test_a_read_that_fails_before_the_writes_has_changed_nothing(vendor: str) -> None:
    """Even if it fails by a timeout, after which the outcome of a write is unknown."""
    vendors = failing(vendor, httpx.ReadTimeout("slow"), "GET")
    error = await execute_failing(vendors, VALID_MUTATIONS[f"{vendor}, set"])
    assert error["extensions"]["outcome"] == "NOT_APPLIED"
    assert error["extensions"]["retryable"] is True


def failing_path(end: str, method: str) -> FaultyVendors:
    """Return vendors that respond with 500 to calls with this method and end of the path."""

    def fail(call: httpx.Request) -> httpx.Response | None:
        is_failing = call.method == method and call.url.path.endswith(end)
        return httpx.Response(500) if is_failing else None

    return FaultyVendors(fail)


def memberships(sandbox: Sandbox) -> dict[str, list[list[tuple[str, bool]]]]:
    """Return the products of Dodo's groups with their statuses, without the ids of their rows."""
    return {
        native_id: [
            [(item["product_id"], item["status"]) for item in group["items"]]
            for group in collection["groups"]
        ]
        for native_id, collection in sandbox.dodo.snapshot()["collections"].items()
    }


async def test_a_move_whose_second_write_fails_is_rolled_back() -> None:
    """Every product is in its old group, in the old order."""
    sandbox = Sandbox(unlimited=True)
    before = memberships(sandbox)
    vendors = failing_path(f"/groups/{dodo.GERMANY.native_id}/items", "POST")
    async with open_gateway(sandbox, transport=vendors.transport) as gateway:
        query = document(MOVE.name, USER_ERRORS, MOVE.arguments)
        response = await gateway.execute(query, **MOVE.arguments)
        methods = [method for method, _ in take_writes(gateway)]
    assert response["data"] == {"payload": None}
    (error,) = response["errors"]
    assert error["message"].endswith("nothing has changed.")
    assert error["extensions"]["outcome"] == "NOT_APPLIED"
    assert methods == ["DELETE", "DELETE", "POST", "PATCH"]
    assert memberships(sandbox) == before


async def test_a_move_that_cannot_be_rolled_back_reports_where_every_product_is() -> None:
    """They have been removed from the first group, and no group accepts them."""
    sandbox = Sandbox(unlimited=True)
    vendors = failing_path("/items", "POST")
    async with open_gateway(sandbox, transport=vendors.transport) as gateway:
        payload = await mutate(
            gateway, MOVE.name, USER_ERRORS + " fromGroup { name }", **MOVE.arguments
        )
    errors = payload["userErrors"]
    assert [(each["__typename"], each["field"]) for each in errors] == [
        ("IncompleteError", ["productIds", "0"]),
        ("IncompleteError", ["productIds", "1"]),
    ]
    assert all("is now in neither group" in each["message"] for each in errors)
    assert [each["isRetryable"] for each in errors] == [False, False]
    assert payload["fromGroup"] == {"name": "Monthly"}
    left = [row["product_id"] for row in dodo.rows(sandbox.dodo, dodo.MONTHLY)]
    assert left == [each.native_id for each in MONTHLY[2:]]


async def test_an_axim_move_whose_second_write_fails_is_rolled_back() -> None:
    """The products are removed from the second group again."""
    sandbox = Sandbox(unlimited=True)
    vendors = failing_path(f"/productGroup/{BEDROOM.native_id}", "PUT")
    move = AT_AXIM["move"]
    async with open_gateway(sandbox, transport=vendors.transport) as gateway:
        query = document(move.name, USER_ERRORS, move.arguments)
        response = await gateway.execute(query, **move.arguments)
    (error,) = response["errors"]
    assert error["extensions"]["outcome"] == "NOT_APPLIED"
    assert axim.changed_groups(sandbox.axim) == {}


CREATIONS = {name: each for name, each in VALID_MUTATIONS.items() if each.name.endswith("Create")}


@pytest.mark.parametrize("mutation", CREATIONS.values(), ids=CREATIONS)
async def test_a_creation_whose_response_is_lost_is_verified(mutation: ValidMutation) -> None:
    """The created object is found by a read, and no write is sent twice."""
    node = "productCollection { name }" if "Collection" in mutation.name else "group { name }"
    async with open_gateway(transport=FirstWriteResponseLost().transport) as gateway:
        payload = await mutate(
            gateway, mutation.name, f"{node} {USER_ERRORS}", **mutation.arguments
        )
        writes = take_writes(gateway)
    assert payload.pop("userErrors") == []
    assert list(payload.values()) == [{"name": mutation.arguments["input"]["name"]}]
    assert len(set(writes)) == len(writes)
