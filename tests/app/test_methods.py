"""HTTP methods of /graphql, and the operations that a GET may execute."""

import pytest
import strawberry
from starlette.types import ASGIApp

from groupgate.app.settings import Settings
from tests.app.gateway import client_of, endpoint_of, gateway_client, only_error

ALLOWED = "GET, HEAD, OPTIONS, POST"


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
async def test_other_methods_are_405(method: str) -> None:
    async with gateway_client() as client:
        response = await client.request(method, "/graphql")
    message = "Operations must be sent by POST; queries may be sent by GET."
    assert only_error(response) == (405, "METHOD_NOT_ALLOWED", message)
    assert response.headers["allow"] == ALLOWED


@pytest.mark.anyio
async def test_options_lists_the_allowed_methods() -> None:
    async with gateway_client() as client:
        response = await client.options("/graphql")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == ALLOWED


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_query_can_be_in_the_url(method: str) -> None:
    url = {
        "query": "query A($a: Boolean!) { __typename @include(if: $a) } query B { b: __typename }",
        "operationName": "A",
        "variables": '{"a": true}',
        "extensions": "{}",
    }
    async with gateway_client() as client:
        response = await client.request(method, "/graphql", params=url)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert response.headers["content-length"] == "31"
    assert response.text == ('{"data":{"__typename":"Query"}}' if method == "GET" else "")


@strawberry.type
class Query:
    """A field to read."""

    value: int = 1


@strawberry.type
class Mutation:
    """A mutation."""

    @strawberry.mutation
    def change(self) -> int:
        return 2


def endpoint() -> ASGIApp:
    """Make an endpoint that has a mutation."""
    return endpoint_of(
        strawberry.Schema(query=Query, mutation=Mutation), Settings.model_construct()
    )


@pytest.mark.anyio
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_a_mutation_in_a_url_is_405(accept: str) -> None:
    url = {"query": "query A { value } mutation B { change }", "operationName": "B"}
    async with client_of(endpoint()) as client:
        response = await client.get("/", params=url, headers={"Accept": accept})
    assert only_error(response) == (405, "METHOD_NOT_ALLOWED", "A mutation must be sent by POST.")
    assert response.headers["allow"] == "POST"


@pytest.mark.anyio
async def test_a_mutation_by_head_is_405() -> None:
    async with client_of(endpoint()) as client:
        response = await client.head("/", params={"query": "mutation { change }"})
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


@pytest.mark.anyio
async def test_a_query_beside_a_mutation_can_be_in_the_url() -> None:
    url = {"query": "mutation B { change } query A { __typename }", "operationName": "A"}
    async with client_of(endpoint()) as client:
        response = await client.get("/", params=url)
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


@pytest.mark.anyio
async def test_a_mutation_is_sent_by_post() -> None:
    async with client_of(endpoint()) as client:
        response = await client.post("/", json={"query": "mutation { change }"})
    assert (response.status_code, response.json()) == (200, {"data": {"change": 2}})
