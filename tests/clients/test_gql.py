"""gql, the GraphQL client for Python, over HTTPX."""

from pathlib import Path
from typing import Any

import pytest
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from graphql import parse, separate_operations

from tests.clients.failures import BLANK, NO_SUCH_FIELD, TOO_LARGE, UNKNOWN_ID

FILES = sorted((Path(__file__).parent / "web" / "documents").iterdir())
DOCUMENTS = separate_operations(parse("\n".join(one.read_text("utf-8") for one in FILES)))

pytestmark = pytest.mark.anyio


def client(gateway: str, *, with_schema: bool = False) -> Client:
    """Make a client as the documentation of gql does."""
    transport = HTTPXAsyncTransport(url=gateway)
    return Client(transport=transport, fetch_schema_from_transport=with_schema)


def request_of(operation: str, /, **variables: Any) -> GraphQLRequest:
    """Return one of the documents that the other clients send too."""
    return GraphQLRequest(DOCUMENTS[operation], variable_values=variables)


def messages_and_codes(errors: list[dict[str, Any]] | None) -> list[list[str]]:
    return [[one["message"], one["extensions"]["code"]] for one in errors or []]


async def lighting(gateway: str) -> str:
    """Return the id of the group Lighting."""
    async with client(gateway) as session:
        data = await session.execute(request_of("Groups", key="AXIM"))
    groups = data["provider"]["productCollections"]["nodes"][0]["groups"]["nodes"]
    (found,) = [one["id"] for one in groups if one["name"] in {"Lighting", "Lamps"}]
    return str(found)


async def test_the_schema_is_fetched_and_validates_the_documents(gateway: str) -> None:
    """Gql sends its introspection query; the documents of every client are valid."""
    async with client(gateway, with_schema=True) as session:
        assert session.client.schema
        for name in DOCUMENTS:
            session.client.validate(request_of(name))


async def test_lookups_and_filtered_lists(gateway: str) -> None:
    async with client(gateway) as session:
        tidying = await session.execute(request_of("Tidying", key="AXIM", name="WOM"))
        (group,) = tidying["provider"]["groups"]["nodes"]
        first, *_ = tidying["provider"]["products"]["nodes"]
        names = request_of(
            "Lookups", key="TWO_CHECKOUT", group="0A1B2C3D4E", products=["A+B"], sku="A+B"
        )
        found = (await session.execute(names))["provider"]
    assert (group["name"], tidying["provider"]["groups"]["totalCount"]) == ("Women", 1)
    assert first["name"] == "Aarhus bookcase"
    assert found["group"]["name"] == "General"
    assert found["productsByNativeId"] == [found["productBySku"]]
    assert found["productBySku"]["id"]


async def test_a_mutation_with_variables(gateway: str) -> None:
    group = await lighting(gateway)
    async with client(gateway, with_schema=True) as session:
        data = await session.execute(request_of("RenameGroup", id=group, name="Lamps"))
    assert data == {"groupUpdate": {"group": {"id": group, "name": "Lamps"}, "userErrors": []}}


async def test_a_user_error_is_data(gateway: str) -> None:
    group = await lighting(gateway)
    async with client(gateway) as session:
        data = await session.execute(request_of("RenameGroup", id=group, name=None))
    assert data == {"groupUpdate": {"group": None, "userErrors": [BLANK]}}


async def test_an_error_arrives_with_partial_data(gateway: str) -> None:
    group = await lighting(gateway)
    async with client(gateway) as session:
        with pytest.raises(TransportQueryError) as caught:
            await session.execute(request_of("TwoObjects", one=group, other="nonsense"))
    assert caught.value.data == {"one": {"id": group}, "other": None}
    assert messages_and_codes(caught.value.errors) == [UNKNOWN_ID]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (GraphQLRequest("{ nothing }"), NO_SUCH_FIELD),
        (request_of("Object", id="x" * 1_100_000), TOO_LARGE),
    ],
    ids=["invalid", "too large"],
)
async def test_a_rejected_request_raises_its_error(
    gateway: str, request_: GraphQLRequest, expected: list[str]
) -> None:
    """Gql raises the GraphQL error, whatever the status."""
    async with client(gateway) as session:
        with pytest.raises(TransportQueryError) as caught:
            await session.execute(request_)
    assert caught.value.data is None
    assert messages_and_codes(caught.value.errors) == [expected]
