"""A vendor that fails a change: what is told, what is changed, and what its neighbours get."""

from typing import Any

import httpx
import pytest

from groupgate.sandbox.app import Sandbox
from groupgate.schema.ids import encode_id
from tests.e2e.gateway import open_gateway
from tests.e2e.mutations import document, mutate
from tests.e2e.possible_changes import AT_AXIM, AT_DODO, BEDROOM, CHANGES, MONTHLY, Change
from tests.e2e.watching import snapshots, writes
from tests.e2e.ways import Troubled, Unanswered
from tests.providers.axim import seed as axim
from tests.providers.dodo import seed as dodo
from tests.providers.two_checkout import seed as two_checkout

pytestmark = pytest.mark.anyio

UPDATE, MOVE = AT_DODO["update"], AT_DODO["move"]
WHY = "userErrors { __typename message field ... on IncompleteError { isRetryable } }"
PREFIXES = {"Dodo": "/dodo", "Axim": "/axim", "2Checkout": "/2checkout"}
KEYS = {"Dodo": "DODO", "Axim": "AXIM", "2Checkout": "TWO_CHECKOUT"}

THREE = """
mutation($dodo: ID!, $axim: ID!, $legacy: ID!, $bedroom: ID!) {
  first: groupUpdate(id: $axim, input: {status: INACTIVE}) { group { status } userErrors { code } }
  second: groupUpdate(id: $dodo, input: {name: "New"}) { group { name } userErrors { code } }
  third: groupDelete(id: $bedroom) { deletedGroupId userErrors { code } }
  fourth: groupUpdate(id: $legacy, input: {}) { userErrors { code } }
}
"""


def at(vendor: str, trouble: httpx.Response | Exception, method: str = "") -> Troubled:
    """A way on which the calls to a vendor, or those of one method, meet this trouble."""

    def meet(call: httpx.Request) -> httpx.Response | Exception | None:
        is_meant = call.url.path.startswith(PREFIXES[vendor]) and method in {"", call.method}
        return trouble if is_meant else None

    return Troubled(meet)


async def fail(way: Troubled, change: Change) -> dict[str, Any]:
    """Send a change that has to fail, and to change nothing; return its only error."""
    async with open_gateway(way=way.way) as gateway:
        before = snapshots(gateway.sandbox)
        arguments = dict(change.arguments)
        query = document(change.mutation, "userErrors { code }", arguments)
        response = await gateway.http.post(
            "/graphql", json={"query": query, "variables": arguments}
        )
        answer = response.json()
        assert snapshots(gateway.sandbox) == before
    assert answer["data"] == {"payload": None}
    (error,) = answer["errors"]
    assert error["path"] == ["payload"]
    assert error["extensions"]["requestId"] == response.headers["X-Request-Id"]
    found: dict[str, Any] = error
    return found


async def test_a_vendor_that_is_down_spares_its_neighbours() -> None:
    """Its payload is null, and an error tells why, and what became of the change."""
    sandbox = Sandbox(unlimited=True)
    living, bedroom = (axim.group_named(sandbox.axim, name) for name in ("Living room", "Bedroom"))
    async with open_gateway(sandbox, way=at("Dodo", httpx.ConnectError("refused")).way) as gateway:
        answer = await gateway.ask(
            THREE,
            dodo=encode_id(dodo.MONTHLY),
            axim=encode_id(living),
            bedroom=encode_id(bedroom),
            legacy=encode_id(two_checkout.LEGACY),
        )
    assert answer["data"] == {
        "first": {"group": {"status": "INACTIVE"}, "userErrors": []},
        "second": None,
        "third": {"deletedGroupId": encode_id(bedroom), "userErrors": []},
        "fourth": {"userErrors": [{"code": "UNSUPPORTED"}]},
    }
    (error,) = answer["errors"]
    assert error["path"] == ["second"]
    told = error["extensions"]
    assert len(told.pop("requestId")) == 16
    assert len(told.pop("cause")) == 12
    assert told == {
        "code": "UPSTREAM_UNAVAILABLE",
        "provider": "DODO",
        "retryable": True,
        "outcome": "NOT_APPLIED",
    }
    assert set(axim.changed_groups(sandbox.axim)) == {"Living room", "Bedroom"}


@pytest.mark.parametrize("name", CHANGES)
async def test_no_change_is_made_at_a_vendor_that_is_down(name: str) -> None:
    """And it may be sent again."""
    vendor, _, _ = name.partition(",")
    error = await fail(at(vendor, httpx.ConnectError("refused")), CHANGES[name])
    told = error["extensions"]
    assert told["provider"] == KEYS[vendor]
    assert (told["code"], told["retryable"]) == ("UPSTREAM_UNAVAILABLE", True)
    assert told["outcome"] == "NOT_APPLIED"


@pytest.mark.parametrize(
    ("trouble", "code", "outcome", "is_retryable"),
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
async def test_a_failed_write_tells_what_became_of_it(
    trouble: httpx.Response | Exception, code: str, outcome: str, *, is_retryable: bool
) -> None:
    told = (await fail(at("Dodo", trouble, "PATCH"), UPDATE))["extensions"]
    assert (told["code"], told["outcome"], told["retryable"]) == (code, outcome, is_retryable)


@pytest.mark.parametrize("vendor", PREFIXES)
async def test_a_read_that_fails_before_the_writes_has_changed_nothing(vendor: str) -> None:
    """However long its answer was waited for."""
    change = CHANGES[f"{vendor}, set"]
    told = (await fail(at(vendor, httpx.ReadTimeout("slow"), "GET"), change))["extensions"]
    assert (told["outcome"], told["retryable"]) == ("NOT_APPLIED", True)


def at_path(end: str, method: str) -> Troubled:
    """A way on which calls of a method to such a path fail."""

    def meet(call: httpx.Request) -> httpx.Response | None:
        is_meant = call.method == method and call.url.path.endswith(end)
        return httpx.Response(500) if is_meant else None

    return Troubled(meet)


def held(sandbox: Sandbox) -> dict[str, list[list[tuple[str, bool]]]]:
    """The products of Dodo's groups with their statuses; rows may have other ids than before."""
    return {
        native_id: [
            [(item["product_id"], item["status"]) for item in group["items"]]
            for group in collection["groups"]
        ]
        for native_id, collection in sandbox.dodo.snapshot()["collections"].items()
    }


async def test_a_move_whose_second_half_fails_is_taken_back() -> None:
    """Every product is where it was, in the order it was in."""
    sandbox = Sandbox(unlimited=True)
    before = held(sandbox)
    way = at_path(f"/groups/{dodo.GERMANY.native_id}/items", "POST")
    async with open_gateway(sandbox, way=way.way) as gateway:
        query = document(MOVE.mutation, WHY, dict(MOVE.arguments))
        answer = await gateway.ask(query, **MOVE.arguments)
        made = [method for method, _ in writes(gateway)]
    assert answer["data"] == {"payload": None}
    (error,) = answer["errors"]
    assert error["message"].endswith("nothing has changed.")
    assert error["extensions"]["outcome"] == "NOT_APPLIED"
    assert made == ["DELETE", "DELETE", "POST", "PATCH"]
    assert held(sandbox) == before


async def test_a_move_that_cannot_be_taken_back_tells_where_every_product_is() -> None:
    """They are taken out of the first group, and no group takes them any more."""
    sandbox = Sandbox(unlimited=True)
    async with open_gateway(sandbox, way=at_path("/items", "POST").way) as gateway:
        payload = await mutate(
            gateway, MOVE.mutation, WHY + " fromGroup { name }", **MOVE.arguments
        )
    told = payload["userErrors"]
    assert [(each["__typename"], each["field"]) for each in told] == [
        ("IncompleteError", ["productIds", "0"]),
        ("IncompleteError", ["productIds", "1"]),
    ]
    assert all("is now in neither group" in each["message"] for each in told)
    assert [each["isRetryable"] for each in told] == [False, False]
    assert payload["fromGroup"] == {"name": "Monthly"}
    left = [row["product_id"] for row in dodo.rows(sandbox.dodo, dodo.MONTHLY)]
    assert left == [each.native_id for each in MONTHLY[2:]]


async def test_an_axim_move_whose_second_half_fails_is_taken_back() -> None:
    """The second group gives the products back that it had taken."""
    sandbox = Sandbox(unlimited=True)
    way = at_path(f"/productGroup/{BEDROOM.native_id}", "PUT")
    async with open_gateway(sandbox, way=way.way) as gateway:
        move = AT_AXIM["move"]
        answer = await gateway.ask(
            document(move.mutation, WHY, dict(move.arguments)), **move.arguments
        )
    (error,) = answer["errors"]
    assert error["extensions"]["outcome"] == "NOT_APPLIED"
    assert axim.changed_groups(sandbox.axim) == {}


CREATIONS = {name: each for name, each in CHANGES.items() if each.mutation.endswith("Create")}


@pytest.mark.parametrize("change", CREATIONS.values(), ids=CREATIONS)
async def test_a_creation_whose_answer_is_lost_is_looked_up(change: Change) -> None:
    """It is found, and not made again."""
    async with open_gateway(way=Unanswered().way) as gateway:
        shown = (
            "productCollection { name }" if "Collection" in change.mutation else "group { name }"
        )
        payload = await mutate(gateway, change.mutation, f"{shown} {WHY}", **change.arguments)
        made = writes(gateway)
    assert payload.pop("userErrors") == []
    assert list(payload.values()) == [{"name": change.arguments["input"]["name"]}]
    assert len(set(made)) == len(made)
