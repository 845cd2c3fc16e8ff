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
    """A client as the documentation of gql makes one."""
    transport = HTTPXAsyncTransport(url=gateway)
    return Client(transport=transport, fetch_schema_from_transport=with_schema)


def asking(operation: str, /, **variables: Any) -> GraphQLRequest:
    """One of the documents that the other clients send as well."""
    return GraphQLRequest(DOCUMENTS[operation], variable_values=variables)


def messages_and_codes(errors: list[dict[str, Any]] | None) -> list[list[str]]:
    return [[one["message"], one["extensions"]["code"]] for one in errors or []]


async def lighting(gateway: str) -> str:
    """The id of a group."""
    async with client(gateway) as session:
        data = await session.execute(asking("Groups", key="AXIM"))
    groups = data["provider"]["productCollections"]["nodes"][0]["groups"]["nodes"]
    (found,) = [one["id"] for one in groups if one["name"] in {"Lighting", "Lamps"}]
    return str(found)


async def test_the_schema_is_fetched_and_checks_what_is_sent(gateway: str) -> None:
    """By the introspection query of gql; then the operations of every client are valid."""
    async with client(gateway, with_schema=True) as session:
        assert session.client.schema
        for name in DOCUMENTS:
            session.client.validate(asking(name))


async def test_a_change_is_made_with_variables(gateway: str) -> None:
    group = await lighting(gateway)
    async with client(gateway, with_schema=True) as session:
        told = await session.execute(asking("RenameGroup", id=group, name="Lamps"))
    assert told == {"groupUpdate": {"group": {"id": group, "name": "Lamps"}, "userErrors": []}}


async def test_a_refusal_is_data(gateway: str) -> None:
    group = await lighting(gateway)
    async with client(gateway) as session:
        told = await session.execute(asking("RenameGroup", id=group, name=None))
    assert told == {"groupUpdate": {"group": None, "userErrors": [BLANK]}}


async def test_an_error_comes_with_the_data_there_is(gateway: str) -> None:
    group = await lighting(gateway)
    async with client(gateway) as session:
        with pytest.raises(TransportQueryError) as caught:
            await session.execute(asking("TwoObjects", one=group, other="nonsense"))
    assert caught.value.data == {"one": {"id": group}, "other": None}
    assert messages_and_codes(caught.value.errors) == [UNKNOWN_ID]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (GraphQLRequest("{ nothing }"), NO_SUCH_FIELD),
        (asking("Object", id="x" * 1_100_000), TOO_LARGE),
    ],
    ids=["invalid", "too large"],
)
async def test_a_request_that_is_not_run_says_why(
    gateway: str, request_: GraphQLRequest, expected: list[str]
) -> None:
    """Whatever the status: gql reads the error of GraphQL."""
    async with client(gateway) as session:
        with pytest.raises(TransportQueryError) as caught:
            await session.execute(request_)
    assert caught.value.data is None
    assert messages_and_codes(caught.value.errors) == [expected]
