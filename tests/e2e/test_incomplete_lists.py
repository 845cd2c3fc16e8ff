"""Lists without some of their rows: they have no revision, and no mutation relies on them."""

from dataclasses import dataclass
from typing import Any, Final

import pytest

from groupgate.domain.refs import ProviderKey
from groupgate.schema.ids import encode_id
from tests.e2e.altered_lists import GROUP, ROW, Json, dodo_collection, entry, open_altered
from tests.e2e.documents import document
from tests.e2e.gateway import Gateway, snapshots, take_writes
from tests.e2e.transports import AlterJson

pytestmark = pytest.mark.anyio

PROTOCOL: Final = (
    "Dodo Payments returned a list with rows that cannot be decoded, so the list is not complete."
)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("query ($id: ID!) { group(id: $id) { name revision } }", ["group", "revision"]),
        (
            "query ($id: ID!) { group(id: $id) { name collection { revision } } }",
            ["group", "collection", "revision"],
        ),
    ],
)
async def test_a_list_without_a_row_has_no_revision(query: str, path: list[str]) -> None:
    async with open_altered(dodo_collection(ROW, None)) as (gateway, _):
        response = await gateway.execute(query, id=encode_id(GROUP))
    assert response["data"]["group"]["name"] == "One"
    (error,) = response["errors"]
    assert (error["path"], error["message"]) == (path, PROTOCOL)
    extensions = error["extensions"]
    assert {name: extensions[name] for name in ("code", "provider", "retryable", "jsonPath")} == {
        "code": "UPSTREAM_PROTOCOL",
        "provider": "DODO",
        "retryable": False,
        "jsonPath": "$.groups[].products[]",
    }
    assert response["extensions"]["unreadable"] == [
        entry(ProviderKey.DODO, ["group"], "$.groups[].products[]")
    ]


async def test_a_list_with_null_values_has_a_revision() -> None:
    odd = {**ROW, "price": "?"}
    async with open_altered(dodo_collection(odd)) as (gateway, _):
        response = await gateway.execute(
            "query ($id: ID!) { group(id: $id) { revision } }", id=encode_id(GROUP)
        )
    assert isinstance(response["data"]["group"]["revision"], str)
    assert response.keys() == {"data", "extensions"}


async def ids_of(gateway: Gateway, key: ProviderKey) -> tuple[str, list[str]]:
    """Return the id of a group with its first products, and the ids of these products."""
    data = await gateway.data(
        """query ($key: ProviderKey!) { provider(key: $key) { productCollections(first: 1) {
          nodes { groups(first: 2) { nodes { id products(first: 2) { nodes { id } } } } } } } }""",
        key=key.value,
    )
    (collection,) = data["provider"]["productCollections"]["nodes"]
    group = collection["groups"]["nodes"][1]
    return group["id"], [node["id"] for node in group["products"]["nodes"]]


def _lose_dodo_row(body: Json) -> Json:
    for group in body["groups"]:
        group["products"].append(None)
    return body


def _lose_axim_row(body: Json) -> Json:
    data = body["data"]
    rows = data["products"] if isinstance(data, dict) else data
    return {**body, "data": {**data, "products": [*rows, None]} if rows is not data else [*data, 0]}


def _lose_two_checkout_row(body: Any) -> Any:
    return {**body, "Items": [*body["Items"], None]} if isinstance(body, dict) else [*body, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Makes a row unreadable in the reads whose paths have these ends, and its report."""

    ends: tuple[str, ...]
    alter: AlterJson
    json_path: str
    count: int = 1


LOSSES: Final = {
    ProviderKey.DODO: Loss(
        ends=("pdc_xpasAwB7qeUA5bPrs6anz",),
        alter=_lose_dodo_row,
        json_path="$.groups[].products[]",
        count=4,
    ),
    ProviderKey.AXIM: Loss(
        ends=("/all", "c18fbded9857e8af2f61603b", "/products"),
        alter=_lose_axim_row,
        json_path="$.data.products[]",
    ),
    ProviderKey.TWO_CHECKOUT: Loss(
        ends=("/productgroups/", "/products/"),
        alter=_lose_two_checkout_row,
        json_path="$.Items[]",
    ),
}

MUTATIONS: Final = [
    (ProviderKey.DODO, "groupReorderProducts", {"productIds": []}),
    (ProviderKey.DODO, "groupUpdate", {"input": {"name": "New"}, "ifRevision": "x"}),
    (ProviderKey.DODO, "groupUnassignProducts", {"productIds": []}),
    (ProviderKey.DODO, "groupSetProducts", {"productIds": []}),
    (ProviderKey.DODO, "groupSetProducts", {"productIds": [], "dryRun": True}),
    (ProviderKey.AXIM, "groupSetProducts", {"productIds": []}),
    (ProviderKey.AXIM, "groupUpdate", {"input": {"name": "New"}, "ifRevision": "x"}),
    (ProviderKey.TWO_CHECKOUT, "groupSetProducts", {"productIds": []}),
    (ProviderKey.TWO_CHECKOUT, "groupAssignProducts", {"productIds": [], "ifRevision": "x"}),
]


@pytest.mark.parametrize(("key", "name", "arguments"), MUTATIONS)
async def test_a_mutation_that_reads_a_list_without_a_row_writes_nothing(
    key: ProviderKey, name: str, arguments: Json
) -> None:
    """Even a refusal may be wrong without the row, so there is none."""
    loss = LOSSES[key]
    async with open_altered({}) as (gateway, vendors):
        group, products = await ids_of(gateway, key)
        before = snapshots(gateway.sandbox)
        gateway.clear_calls()
        vendors.alterations = dict.fromkeys(loss.ends, loss.alter)
        given = {"id": group, **arguments}
        if "productIds" in given:
            given["productIds"] = products[:1]
        response = await gateway.execute(document(name, "userErrors { code }", given), **given)
        assert take_writes(gateway) == []
        assert snapshots(gateway.sandbox) == before
    assert response["data"] == {"payload": None}
    (error,) = response["errors"]
    assert error["path"] == ["payload"]
    extensions = error["extensions"]
    assert (extensions["code"], extensions["outcome"]) == ("UPSTREAM_PROTOCOL", "NOT_APPLIED")
    assert extensions["jsonPath"] == loss.json_path
    assert response["extensions"]["unreadable"] == [
        entry(key, ["payload"], loss.json_path, loss.count)
    ]


async def test_null_values_do_not_stop_a_mutation() -> None:
    def lose_price(body: Json) -> Json:
        body["groups"][1]["products"][0]["price"] = "?"
        return body

    async with open_altered({}) as (gateway, vendors):
        group, products = await ids_of(gateway, ProviderKey.DODO)
        gateway.clear_calls()
        vendors.alterations = {"pdc_xpasAwB7qeUA5bPrs6anz": lose_price}
        given = {"id": group, "productIds": products[:1]}
        response = await gateway.execute(
            document("groupUnassignProducts", "userErrors { code }", given), **given
        )
        assert [method for method, _ in take_writes(gateway)] == ["DELETE"]
    assert response["data"] == {"payload": {"userErrors": []}}
    assert response["extensions"]["unreadable"] == [
        entry(ProviderKey.DODO, ["payload"], "$.groups[].products[].price")
    ]
