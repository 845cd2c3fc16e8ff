"""Statuses and media types: of today for both kinds of clients, and as the draft has them."""

from typing import Any

import httpx
import pytest
import strawberry
from groupgate.app.access_control import AccessControl

from groupgate.app.graphql import GraphQLEndpoint
from groupgate.app.middleware.request_id import RequestId
from groupgate.app.settings import Settings
from tests.app.serving import GRAPHQL, JSON, client_of, gateway

NODE = "query ($id: ID!) { node(id: $id) { id } }"
WRONG_ID = "{ providers { name } node(id: 1) { id } }"

CASES: dict[str, Any] = {
    "data": {"query": "{ __typename }"},
    "partial": {"query": WRONG_ID},
    "no well-formed request": {"query": 1},
    "no document": {},
    "parse": {"query": "{"},
    "validation": {"query": "{ a }"},
    "limits": {"query": "{ __typename }" + " " * 70_000},
    "operation": {"query": "query A { __typename } query B { __typename }"},
    "variables": {"query": NODE},
    "persisted": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0"}}},
}

STANDARD = {
    (GRAPHQL, "data"): 200,
    (GRAPHQL, "partial"): 200,
    (GRAPHQL, "no well-formed request"): 400,
    (GRAPHQL, "no document"): 400,
    (GRAPHQL, "parse"): 400,
    (GRAPHQL, "validation"): 400,
    (GRAPHQL, "limits"): 400,
    (GRAPHQL, "operation"): 400,
    (GRAPHQL, "variables"): 400,
    (GRAPHQL, "persisted"): 400,
    (JSON, "data"): 200,
    (JSON, "partial"): 200,
    (JSON, "no well-formed request"): 400,
    (JSON, "no document"): 400,
    (JSON, "parse"): 200,
    (JSON, "validation"): 200,
    (JSON, "limits"): 200,
    (JSON, "operation"): 400,
    (JSON, "variables"): 200,
    (JSON, "persisted"): 200,
}

# To clients of the older type, only success is told in it.
DRAFT = {
    (GRAPHQL, "data"): (200, GRAPHQL),
    (GRAPHQL, "partial"): (294, GRAPHQL),
    (GRAPHQL, "no well-formed request"): (422, GRAPHQL),
    (GRAPHQL, "no document"): (422, GRAPHQL),
    (GRAPHQL, "parse"): (400, GRAPHQL),
    (GRAPHQL, "validation"): (422, GRAPHQL),
    (GRAPHQL, "limits"): (422, GRAPHQL),
    (GRAPHQL, "operation"): (422, GRAPHQL),
    (GRAPHQL, "variables"): (422, GRAPHQL),
    (GRAPHQL, "persisted"): (400, GRAPHQL),
    (JSON, "data"): (200, JSON),
    (JSON, "partial"): (200, JSON),
    (JSON, "no well-formed request"): (422, GRAPHQL),
    (JSON, "no document"): (422, GRAPHQL),
    (JSON, "parse"): (400, GRAPHQL),
    (JSON, "validation"): (422, GRAPHQL),
    (JSON, "limits"): (422, GRAPHQL),
    (JSON, "operation"): (422, GRAPHQL),
    (JSON, "variables"): (422, GRAPHQL),
    (JSON, "persisted"): (400, GRAPHQL),
}


@pytest.mark.anyio
@pytest.mark.parametrize(("accept", "case"), STANDARD)
async def test_statuses_as_todays_clients_know_them(accept: str, case: str) -> None:
    async with gateway() as client:
        response = await client.post("/graphql", json=CASES[case], headers={"Accept": accept})
    assert_status(response, STANDARD[accept, case], accept)


@pytest.mark.anyio
@pytest.mark.parametrize(("accept", "case"), DRAFT)
async def test_statuses_as_the_draft_has_them(accept: str, case: str) -> None:
    async with gateway(http_statuses="draft") as client:
        response = await client.post("/graphql", json=CASES[case], headers={"Accept": accept})
    assert_status(response, *DRAFT[accept, case])


def assert_status(response: httpx.Response, status: int, media: str) -> None:
    """There is data, if only null, exactly where the operation was executed."""
    assert response.status_code == status
    assert response.headers["content-type"] == f"{media}; charset=utf-8"
    assert response.headers["vary"] == "Accept"
    body = response.json()
    executed = "data" in body
    assert executed == (response.request.content in EXECUTED)
    assert response.headers.get("cache-control") == (None if executed else "no-store")


EXECUTED = [httpx.Request("POST", "", json=CASES[case]).content for case in ("data", "partial")]


@pytest.mark.anyio
@pytest.mark.parametrize("accept", [None, "", "*/*", "application/*"])
async def test_clients_that_name_no_type_get_the_older_one(accept: str | None) -> None:
    async with gateway() as client:
        del client.headers["accept"]
        headers = {} if accept is None else {"Accept": accept}
        response = await client.post("/graphql", json=CASES["validation"], headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.anyio
async def test_several_accept_headers_are_one() -> None:
    async with gateway() as client:
        del client.headers["accept"]
        response = await client.post(
            "/graphql",
            json=CASES["data"],
            headers=[("Accept", "text/html"), ("Accept", GRAPHQL)],
        )
    assert response.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["standard", "draft"])
async def test_no_type_that_fits_is_406(mode: str) -> None:
    async with gateway(http_statuses=mode) as client:
        response = await client.post(
            "/graphql", json=CASES["data"], headers={"Accept": "text/html"}
        )
    assert response.status_code == 406
    assert response.json() == {
        "errors": [
            {
                "message": (
                    "Answers are written as application/graphql-response+json or "
                    "application/json: `Accept` takes neither."
                ),
                "extensions": {"code": "NOT_ACCEPTABLE"},
            }
        ]
    }


@strawberry.type
class Query:
    """A query that always fails."""

    @strawberry.field
    def broken(self) -> str:
        raise RuntimeError("secret")


@pytest.mark.anyio
@pytest.mark.parametrize(("mode", "status"), [("standard", 200), ("draft", 294)])
async def test_data_null_is_success_when_the_operation_was_executed(mode: str, status: int) -> None:
    settings = Settings.model_construct(http_statuses=mode)
    app = RequestId(
        GraphQLEndpoint(strawberry.Schema(query=Query), {}, settings, AccessControl(settings))
    )
    async with client_of(app) as client:
        response = await client.post("/", json={"query": "{ broken }"})
    assert response.status_code == status
    body = response.json()
    assert body["data"] is None
    assert [error["path"] for error in body["errors"]] == [["broken"]]
    assert "secret" not in response.text


@pytest.mark.anyio
async def test_keys_are_answered_in_the_order_asked_for() -> None:
    query = "{ z: __typename a: providers { name key } m: __typename }"
    async with gateway() as client:
        response = await client.post("/graphql", json={"query": query})
    expected = '{"data":{"z":"Query","a":[{"name":"Fake","key":"DODO"}],"m":"Query"}}'
    assert response.text == expected
