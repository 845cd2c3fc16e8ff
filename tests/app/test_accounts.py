"""Several accounts of one vendor in the graph: what each caller sees of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any, Final

import httpx
import pytest
from structlog.testing import capture_logs

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors
from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Product
from groupgate.domain.errors import Denied
from groupgate.domain.refs import AccountKey, GroupRef, NamedAccount, ProductRef, ProviderKey
from groupgate.schema.ids import ProviderRef, encode_id
from tests.app.gateway import client_of
from tests.fakes import FakeProvider

pytestmark = pytest.mark.anyio

DODO: Final = ProviderKey.DODO
EU, US, ASIA = (NamedAccount(DODO, name) for name in ("eu", "us", "asia"))
AXIM: Final = NamedAccount(ProviderKey.AXIM, "eu")

SCOPES: Final = {
    "all": "write",
    "dodo": "read:DODO",
    "eu": "write:DODO/eu",
    "two": "read:DODO/eu read:DODO/asia write:AXIM",
    "nobody": "read:DODO/elsewhere",
}

PROVIDER: Final = "query ($account: String) { provider(key: DODO, account: $account) { account } }"
NODE: Final = "query ($id: ID!) { node(id: $id) { id ... on Product { name } } }"
CREATE: Final = (
    "mutation ($account: String) { productCollectionCreate(provider: DODO, account: $account,"
    ' input: {name: "New"}) { userErrors { message code } } }'
)


def product_id(key: AccountKey, native_id: str = "7") -> str:
    return encode_id(ProductRef(provider=key, native_id=native_id))


def provider_of(key: AccountKey) -> FakeProvider:
    """Return an account whose only product has the same id as those of the others."""
    ref = ProductRef(provider=key, native_id="7")
    return FakeProvider(
        key=key,
        products=[Product(ref=ref, name=f"Product of {key.path}")],
        capabilities=frozenset({Capability.COLLECTIONS, Capability.GROUP_ASSIGN_PRODUCTS}),
    )


@asynccontextmanager
async def gateway(*keys: AccountKey, **failures: Exception) -> AsyncIterator[httpx.AsyncClient]:
    """Open a gateway with these accounts; the secret of each caller is its name."""
    providers = {key: provider_of(key) for key in keys}
    for key, provider in providers.items():
        provider.failure = failures.get(key.account)
    tokens = ";".join(
        f"{name} sha256:{sha256(name.encode()).hexdigest()} {scopes}"
        for name, scopes in SCOPES.items()
    )
    vendors = Vendors(providers={**providers}, transports=())
    app = create_app(vendors, Settings.model_construct(tokens=tokens))
    async with client_of(app) as client:
        yield client


async def execute(client: httpx.AsyncClient, caller: str, query: str, **variables: Any) -> Any:
    headers = {"Authorization": f"Bearer {caller}"}
    body = {"query": query, "variables": variables}
    return (await client.post("/graphql", json=body, headers=headers)).json()


def ambiguous(response: Any) -> list[str]:
    """Return the accounts that a BAD_USER_INPUT names."""
    (error,) = response["errors"]
    names: list[str] = error["extensions"]["accounts"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "accounts": names}
    assert error["message"] == (
        f"You have access to several accounts of Dodo Payments: {', '.join(names)}. Name one in "
        "the argument `account`, or use an id of one of them."
    )
    return names


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        ("all", ["DODO eu", "DODO us", "DODO asia", "AXIM eu"]),
        ("dodo", ["DODO eu", "DODO us", "DODO asia"]),
        ("two", ["DODO eu", "DODO asia", "AXIM eu"]),
        ("eu", ["DODO eu"]),
        ("nobody", []),
    ],
)
async def test_a_caller_sees_the_accounts_of_its_scopes(caller: str, expected: list[str]) -> None:
    async with gateway(EU, US, ASIA, AXIM) as client:
        response = await execute(client, caller, "{ providers { key account } }")

    providers = response["data"]["providers"]
    assert [f"{one['key']} {one['account']}" for one in providers] == expected


async def test_a_vendor_with_several_accounts_needs_the_name_of_one() -> None:
    async with gateway(EU, US, ASIA, AXIM) as client:
        assert ambiguous(await execute(client, "all", PROVIDER)) == ["eu", "us", "asia"]
        assert ambiguous(await execute(client, "two", PROVIDER)) == ["eu", "asia"]
        named = await execute(client, "two", PROVIDER, account="asia")
        one = await execute(client, "eu", PROVIDER)

    assert named == {"data": {"provider": {"account": "asia"}}}
    assert one == {"data": {"provider": {"account": "eu"}}}


async def test_ids_carry_their_account() -> None:
    async with gateway(EU, US) as client:
        for key in (EU, US):
            response = await execute(client, "all", NODE, id=product_id(key))
            assert response == {
                "data": {"node": {"id": product_id(key), "name": f"Product of {key.path}"}}
            }
        provider = await execute(client, "all", NODE, id=encode_id(ProviderRef(US)))
        nodes = await execute(
            client,
            "all",
            "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Product { name } } }",
            ids=[product_id(US), product_id(DODO), product_id(EU)],
        )

    assert provider["data"]["node"] == {"id": encode_id(ProviderRef(US))}
    assert nodes["data"]["nodes"] == [
        {"name": "Product of DODO/us"},
        None,
        {"name": "Product of DODO/eu"},
    ]
    assert ambiguous(nodes) == ["eu", "us"]


async def test_an_id_without_an_account_leads_to_the_only_account_of_the_caller() -> None:
    async with gateway(EU, US) as client:
        response = await execute(client, "eu", NODE, id=product_id(DODO))
        assert ambiguous(await execute(client, "all", NODE, id=product_id(DODO))) == ["eu", "us"]

    assert response == {"data": {"node": {"id": product_id(EU), "name": "Product of DODO/eu"}}}


async def test_without_names_ids_have_no_account() -> None:
    """These ids were made by a gateway that knew no accounts."""
    async with gateway(DODO) as client:
        found = await execute(client, "all", NODE, id="WyJwIiwiRE9ETyIsIjciXQ")
        provider = await execute(client, "all", "{ provider(key: DODO) { id account } }")
        default = await execute(client, "all", PROVIDER, account="default")
        other = await execute(client, "all", NODE, id=product_id(EU))

    assert found["data"]["node"] == {"id": "WyJwIiwiRE9ETyIsIjciXQ", "name": "Product of DODO"}
    assert provider["data"]["provider"] == {"id": "WyJ2IiwiRE9ETyJd", "account": "default"}
    assert default["data"]["provider"] == {"account": "default"}
    assert other == {"data": {"node": None}}


@pytest.mark.parametrize("query", [PROVIDER, CREATE])
async def test_an_account_of_others_is_like_one_that_does_not_exist(query: str) -> None:
    async with gateway(EU, US) as both, gateway(EU) as alone:
        hidden = await execute(both, "eu", query, account="us")
        missing = await execute(alone, "eu", query, account="us")
        unnamed = [await execute(client, "eu", query) for client in (both, alone)]

    assert hidden == missing
    assert unnamed[0] == unnamed[1]
    if query == CREATE:
        (error,) = hidden["errors"]
        assert error["message"] == "The mutation needs the scope write:DODO/us."
        assert error["extensions"] == {"code": "FORBIDDEN"}
    else:
        assert hidden == {"data": {"provider": None}}


async def test_objects_of_an_account_of_others_do_not_exist() -> None:
    delete = "mutation ($id: ID!) { groupDelete(id: $id) { userErrors { message code } } }"
    async with gateway(EU, US) as both, gateway(EU) as alone:
        for key in (US, NamedAccount(DODO, "nowhere")):
            found = [await execute(one, "eu", NODE, id=product_id(key)) for one in (both, alone)]
            assert found == [{"data": {"node": None}}] * 2
            group_id = encode_id(GroupRef(provider=key, collection_id="1", native_id="7"))
            refused = [await execute(one, "eu", delete, id=group_id) for one in (both, alone)]
            assert refused[0] == refused[1]
            (error,) = refused[0]["errors"]
            assert error["message"] == f"The mutation needs the scope write:{key.path}."


async def test_a_mutation_needs_an_account_where_the_caller_can_see_several() -> None:
    async with gateway(EU, US) as client:
        assert ambiguous(await execute(client, "all", CREATE)) == ["eu", "us"]
        named = await execute(client, "all", CREATE, account="us")
        unknown = await execute(client, "all", CREATE, account="elsewhere")

    (refusal,) = named["data"]["productCollectionCreate"]["userErrors"]
    assert refusal["code"] == "UNSUPPORTED"
    assert unknown["data"]["productCollectionCreate"]["userErrors"] == [
        {"message": "The gateway is not configured for this provider.", "code": "INVALID"}
    ]


async def test_ids_of_two_accounts_do_not_go_together() -> None:
    assign = (
        "mutation ($id: ID!, $products: [ID!]!) { groupAssignProducts(id: $id, productIds:"
        " $products) { userErrors { message code field } } }"
    )
    group_id = encode_id(GroupRef(provider=EU, collection_id="1", native_id="7"))
    async with gateway(EU, US, AXIM) as client:
        for product in (product_id(US), product_id(AXIM)):
            response = await execute(client, "all", assign, id=group_id, products=[product])
            (refusal,) = response["data"]["groupAssignProducts"]["userErrors"]
            assert refusal == {
                "message": "The product belongs to another account of Fake than eu."
                if product == product_id(US)
                else "The product belongs to another provider than Fake.",
                "code": "WRONG_PROVIDER",
                "field": ["productIds", "0"],
            }
        unnamed = await execute(client, "all", assign, id=group_id, products=[product_id(DODO)])
        assert ambiguous(unnamed) == ["eu", "us"]


async def test_a_token_for_an_account_that_does_not_exist_is_logged() -> None:
    with capture_logs() as lines:
        async with gateway(EU):
            pass

    unknown = [line["account"] for line in lines if line["event"] == "token_account_unknown"]
    assert sorted(unknown) == ["asia", "elsewhere"]


async def test_an_error_names_the_account_that_failed_and_leaves_others_alone() -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Product { name } } }"
    failure = Denied(US, "Dodo Payments does not accept the gateway's credentials.")
    async with gateway(EU, US, us=failure) as client:
        response = await execute(client, "all", query, ids=[product_id(US), product_id(EU)])

    assert response["data"]["nodes"] == [None, {"name": "Product of DODO/eu"}]
    (error,) = response["errors"]
    assert (error["extensions"]["provider"], error["extensions"]["account"]) == ("DODO", "us")
