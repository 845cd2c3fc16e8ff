"""The vendors that callers can read and change, depending on their scopes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import pytest

from groupgate.app.settings import Settings
from tests.e2e.gateway import Gateway, open_gateway

pytestmark = pytest.mark.anyio

TOKENS = {
    "reader": "read",
    "writer": "write",
    "axim": "write:AXIM",
    "mixed": "read write:AXIM",
    "dodo": "read:DODO",
}
UPDATE = (
    'mutation ($id: ID!) { groupUpdate(id: $id, input: {name: "New"})'
    " { group { name } userErrors { code } } }"
)
CREATE = (
    "mutation ($key: ProviderKey!) { productCollectionCreate("
    'provider: $key, input: {name: "New"}) { userErrors { code } } }'
)


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    """Open a gateway that knows these callers; the secret of each is its name."""
    lines = [
        f"{name} sha256:{sha256(name.encode()).hexdigest()} {scopes}"
        for name, scopes in TOKENS.items()
    ]
    async with open_gateway(settings=Settings.model_construct(tokens=";".join(lines))) as opened:
        yield opened


async def execute(gateway: Gateway, caller: str, query: str, **variables: Any) -> Any:
    """Send an operation as this caller; return the response body."""
    gateway.http.headers["Authorization"] = f"Bearer {caller}"
    return await gateway.execute(query, **variables)


async def group_of(gateway: Gateway, key: str) -> str:
    """Return the id of a group at a vendor, and forget the recorded calls."""
    response = await execute(
        gateway,
        "reader",
        "query ($key: ProviderKey!) { provider(key: $key) { productCollections(first: 1) {"
        " nodes { groups(first: 1) { nodes { id } } } } } }",
        key=key,
    )
    gateway.clear_calls()
    (collection,) = response["data"]["provider"]["productCollections"]["nodes"]
    (group,) = collection["groups"]["nodes"]
    id_: str = group["id"]
    return id_


def forbidden(field: str, key: str) -> dict[str, Any]:
    """Return the response to a mutation at a vendor that the caller may not change."""
    return {
        "data": {field: None},
        "errors": [
            {
                "message": f"The mutation needs the scope write:{key}.",
                "locations": [{"line": 1, "column": 23 if field == "groupUpdate" else 33}],
                "path": [field],
                "extensions": {"code": "FORBIDDEN"},
            }
        ],
    }


@pytest.mark.parametrize(
    ("caller", "keys"),
    [
        ("reader", ["AXIM", "DODO", "TWO_CHECKOUT"]),
        ("writer", ["AXIM", "DODO", "TWO_CHECKOUT"]),
        ("axim", ["AXIM"]),
        ("mixed", ["AXIM", "DODO", "TWO_CHECKOUT"]),
        ("dodo", ["DODO"]),
    ],
)
async def test_a_caller_sees_only_the_vendors_it_may_read(caller: str, keys: list[str]) -> None:
    async with gateway() as opened:
        response = await execute(opened, caller, "{ providers { key } }")
    assert response == {"data": {"providers": [{"key": key} for key in keys]}}


async def test_other_vendors_are_null() -> None:
    """The vendor and its objects are null, and the vendor is not called."""
    async with gateway() as opened:
        group = await group_of(opened, "DODO")
        provider = (await execute(opened, "dodo", "{ provider(key: DODO) { id } }"))["data"][
            "provider"
        ]
        response = await execute(
            opened,
            "axim",
            "query ($ids: [ID!]!, $group: ID!) { provider(key: DODO) { name } group(id: $group) {"
            " name } node(id: $group) { id } nodes(ids: $ids) { id } }",
            ids=[group, provider["id"]],
            group=group,
        )
        assert opened.call_counts() == {}
    nothing = {"provider": None, "group": None, "node": None, "nodes": [None, None]}
    assert response == {"data": nothing}


async def test_callers_with_the_write_scope_can_change_a_group() -> None:
    async with gateway() as opened:
        group = await group_of(opened, "AXIM")
        for caller in ("writer", "axim", "mixed"):
            response = await execute(opened, caller, UPDATE, id=group)
            assert response == {
                "data": {"groupUpdate": {"group": {"name": "New"}, "userErrors": []}}
            }


async def test_a_mutation_at_another_vendor_is_forbidden_whether_the_group_exists_or_not() -> None:
    """Also if the caller may read there; the vendor is not called."""
    async with gateway() as opened:
        existing = await group_of(opened, "DODO")
        unknown = "WyJnIiwiRE9ETyIsIm5vIiwid2hlcmUiXQ"
        for caller in ("axim", "mixed"):
            for id_ in (existing, unknown):
                response = await execute(opened, caller, UPDATE, id=id_)
                assert response == forbidden("groupUpdate", "DODO")
            response = await execute(opened, caller, CREATE, key="TWO_CHECKOUT")
            assert response == forbidden("productCollectionCreate", "TWO_CHECKOUT")
        assert opened.call_counts() == {}


async def test_a_forbidden_mutation_does_not_stop_the_next_one() -> None:
    async with gateway() as opened:
        axim, dodo = await group_of(opened, "AXIM"), await group_of(opened, "DODO")
        response = await execute(
            opened,
            "mixed",
            "mutation ($axim: ID!, $dodo: ID!) {"
            ' a: groupUpdate(id: $dodo, input: {name: "New"}) { group { name } }'
            ' b: groupUpdate(id: $axim, input: {name: "New"}) { group { name } } }',
            axim=axim,
            dodo=dodo,
        )
    assert response["data"] == {"a": None, "b": {"group": {"name": "New"}}}
    assert [error["path"] for error in response["errors"]] == [["a"]]


@pytest.mark.parametrize("caller", ["reader", "dodo"])
async def test_a_mutation_without_any_write_scope_returns_403(caller: str) -> None:
    async with gateway() as opened:
        group = await group_of(opened, "DODO")
        headers = {"Authorization": f"Bearer {caller}"}
        body = {"query": UPDATE, "variables": {"id": group}}
        response = await opened.http.post("/graphql", json=body, headers=headers)
        assert opened.call_counts() == {}
    assert response.status_code == 403
    challenge = 'Bearer realm="groupgate", error="insufficient_scope", scope="write"'
    assert response.headers["www-authenticate"] == challenge
    assert response.json() == {
        "errors": [
            {
                "message": "The request requires the scope write, for all vendors or for one.",
                "extensions": {"code": "FORBIDDEN"},
            }
        ]
    }
