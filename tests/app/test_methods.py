"""Methods of /graphql: which are served, and what a GET may run."""

import pytest
import strawberry
from groupgate.app.access_control import AccessControl

from groupgate.app.graphql import GraphQLEndpoint
from groupgate.app.middleware.request_id import RequestId
from groupgate.app.settings import Settings
from tests.app.serving import client_of, gateway, told

ALLOWED = "GET, HEAD, OPTIONS, POST"


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
async def test_other_methods_are_405(method: str) -> None:
    async with gateway() as client:
        response = await client.request(method, "/graphql")
    message = "Operations are sent by POST, queries also by GET."
    assert told(response) == (405, "METHOD_NOT_ALLOWED", message)
    assert response.headers["allow"] == ALLOWED


@pytest.mark.anyio
async def test_options_tells_what_is_allowed() -> None:
    async with gateway() as client:
        response = await client.options("/graphql")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == ALLOWED


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_query_may_stand_in_the_url(method: str) -> None:
    url = {
        "query": "query A($a: Boolean!) { __typename @include(if: $a) } query B { b: __typename }",
        "operationName": "A",
        "variables": '{"a": true}',
        "extensions": "{}",
    }
    async with gateway() as client:
        response = await client.request(method, "/graphql", params=url)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert response.headers["content-length"] == "31"
    assert response.text == ('{"data":{"__typename":"Query"}}' if method == "GET" else "")


@strawberry.type
class Query:
    """Something to read."""

    value: int = 1


@strawberry.type
class Mutation:
    """Something to change."""

    @strawberry.mutation
    def change(self) -> int:
        return 2


def changing() -> RequestId:
    """Make an endpoint that has a mutation."""
    schema = strawberry.Schema(query=Query, mutation=Mutation)
    settings = Settings.model_construct()
    return RequestId(GraphQLEndpoint(schema, {}, settings, AccessControl(settings)))


@pytest.mark.anyio
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_a_mutation_in_a_url_is_405(accept: str) -> None:
    url = {"query": "query A { value } mutation B { change }", "operationName": "B"}
    async with client_of(changing()) as client:
        response = await client.get("/", params=url, headers={"Accept": accept})
    assert told(response) == (405, "METHOD_NOT_ALLOWED", "A mutation has to be sent by POST.")
    assert response.headers["allow"] == "POST"


@pytest.mark.anyio
async def test_a_mutation_that_only_heads_are_asked_of_is_405() -> None:
    async with client_of(changing()) as client:
        response = await client.head("/", params={"query": "mutation { change }"})
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


@pytest.mark.anyio
async def test_a_query_beside_a_mutation_may_stand_in_a_url() -> None:
    url = {"query": "mutation B { change } query A { __typename }", "operationName": "A"}
    async with client_of(changing()) as client:
        response = await client.get("/", params=url)
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


@pytest.mark.anyio
async def test_a_mutation_is_sent_by_post() -> None:
    async with client_of(changing()) as client:
        response = await client.post("/", json={"query": "mutation { change }"})
    assert (response.status_code, response.json()) == (200, {"data": {"change": 2}})
