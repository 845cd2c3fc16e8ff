"""What callers see and change with the scopes they have: over HTTP, on the sandbox."""

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
    """A gateway that knows these callers; the secret of each is its name."""
    lines = [
        f"{name} sha256:{sha256(name.encode()).hexdigest()} {scopes}"
        for name, scopes in TOKENS.items()
    ]
    async with open_gateway(settings=Settings.model_construct(tokens=";".join(lines))) as opened:
        yield opened


async def ask(gateway: Gateway, caller: str, query: str, **variables: Any) -> Any:
    """What this caller is answered."""
    gateway.http.headers["Authorization"] = f"Bearer {caller}"
    return await gateway.ask(query, **variables)


async def group_of(gateway: Gateway, key: str) -> str:
    """The id of a group at a vendor, and no call is on record."""
    answer = await ask(
        gateway,
        "reader",
        "query ($key: ProviderKey!) { provider(key: $key) { productCollections(first: 1) {"
        " nodes { groups(first: 1) { nodes { id } } } } } }",
        key=key,
    )
    gateway.clear()
    (collection,) = answer["data"]["provider"]["productCollections"]["nodes"]
    (group,) = collection["groups"]["nodes"]
    id_: str = group["id"]
    return id_


def forbidden(field: str, key: str) -> dict[str, Any]:
    """The answer to a change at a vendor that the caller may not change."""
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
async def test_a_caller_sees_the_vendors_it_may_read(caller: str, keys: list[str]) -> None:
    async with gateway() as opened:
        answer = await ask(opened, caller, "{ providers { key } }")
    assert answer == {"data": {"providers": [{"key": key} for key in keys]}}


async def test_of_other_vendors_nothing_is_there() -> None:
    """Neither the vendor nor what has an id; and the vendor is not called."""
    async with gateway() as opened:
        group = await group_of(opened, "DODO")
        provider = (await ask(opened, "dodo", "{ provider(key: DODO) { id } }"))["data"]["provider"]
        answer = await ask(
            opened,
            "axim",
            "query ($ids: [ID!]!, $group: ID!) { provider(key: DODO) { name } group(id: $group) {"
            " name } node(id: $group) { id } nodes(ids: $ids) { id } }",
            ids=[group, provider["id"]],
            group=group,
        )
        assert opened.counts() == {}
    nothing = {"provider": None, "group": None, "node": None, "nodes": [None, None]}
    assert answer == {"data": nothing}


async def test_a_group_is_changed_by_those_who_may() -> None:
    async with gateway() as opened:
        group = await group_of(opened, "AXIM")
        for caller in ("writer", "axim", "mixed"):
            answer = await ask(opened, caller, UPDATE, id=group)
            assert answer == {"data": {"groupUpdate": {"group": {"name": "New"}, "userErrors": []}}}


async def test_a_change_at_another_vendor_is_forbidden_whether_it_exists_or_not() -> None:
    """Whether the caller may read there or not, too; and nothing is asked of the vendor."""
    async with gateway() as opened:
        there = await group_of(opened, "DODO")
        nowhere = "WyJnIiwiRE9ETyIsIm5vIiwid2hlcmUiXQ"
        for caller in ("axim", "mixed"):
            for id_ in (there, nowhere):
                answer = await ask(opened, caller, UPDATE, id=id_)
                assert answer == forbidden("groupUpdate", "DODO")
            answer = await ask(opened, caller, CREATE, key="TWO_CHECKOUT")
            assert answer == forbidden("productCollectionCreate", "TWO_CHECKOUT")
        assert opened.counts() == {}


async def test_one_mutation_forbidden_leaves_its_neighbour_alone() -> None:
    async with gateway() as opened:
        axim, dodo = await group_of(opened, "AXIM"), await group_of(opened, "DODO")
        answer = await ask(
            opened,
            "mixed",
            "mutation ($axim: ID!, $dodo: ID!) {"
            ' a: groupUpdate(id: $dodo, input: {name: "New"}) { group { name } }'
            ' b: groupUpdate(id: $axim, input: {name: "New"}) { group { name } } }',
            axim=axim,
            dodo=dodo,
        )
    assert answer["data"] == {"a": None, "b": {"group": {"name": "New"}}}
    assert [error["path"] for error in answer["errors"]] == [["a"]]


@pytest.mark.parametrize("caller", ["reader", "dodo"])
async def test_who_may_change_nothing_sends_no_mutation_at_all(caller: str) -> None:
    async with gateway() as opened:
        group = await group_of(opened, "DODO")
        headers = {"Authorization": f"Bearer {caller}"}
        body = {"query": UPDATE, "variables": {"id": group}}
        response = await opened.http.post("/graphql", json=body, headers=headers)
        assert opened.counts() == {}
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
