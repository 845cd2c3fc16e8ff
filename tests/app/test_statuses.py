"""Statuses and media types, in the standard and in the draft mode."""

from typing import Any

import httpx
import pytest
import strawberry
from structlog.testing import capture_logs

from groupgate.app.settings import Settings
from tests.app.gateway import GRAPHQL, JSON, client_of, endpoint_of, gateway_client

NODE = "query ($id: ID!) { node(id: $id) { id } }"
WRONG_ID = "{ providers { name } node(id: 1) { id } }"

CASES: dict[str, Any] = {
    "data": {"query": "{ __typename }"},
    "partial": {"query": WRONG_ID},
    "malformed request": {"query": 1},
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
    (GRAPHQL, "malformed request"): 400,
    (GRAPHQL, "no document"): 400,
    (GRAPHQL, "parse"): 400,
    (GRAPHQL, "validation"): 400,
    (GRAPHQL, "limits"): 400,
    (GRAPHQL, "operation"): 400,
    (GRAPHQL, "variables"): 400,
    (GRAPHQL, "persisted"): 400,
    (JSON, "data"): 200,
    (JSON, "partial"): 200,
    (JSON, "malformed request"): 400,
    (JSON, "no document"): 400,
    (JSON, "parse"): 200,
    (JSON, "validation"): 200,
    (JSON, "limits"): 200,
    (JSON, "operation"): 400,
    (JSON, "variables"): 200,
    (JSON, "persisted"): 200,
}

# The draft allows application/json for successful responses only.
DRAFT = {
    (GRAPHQL, "data"): (200, GRAPHQL),
    (GRAPHQL, "partial"): (294, GRAPHQL),
    (GRAPHQL, "malformed request"): (422, GRAPHQL),
    (GRAPHQL, "no document"): (422, GRAPHQL),
    (GRAPHQL, "parse"): (400, GRAPHQL),
    (GRAPHQL, "validation"): (422, GRAPHQL),
    (GRAPHQL, "limits"): (422, GRAPHQL),
    (GRAPHQL, "operation"): (422, GRAPHQL),
    (GRAPHQL, "variables"): (422, GRAPHQL),
    (GRAPHQL, "persisted"): (400, GRAPHQL),
    (JSON, "data"): (200, JSON),
    (JSON, "partial"): (200, JSON),
    (JSON, "malformed request"): (422, GRAPHQL),
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
async def test_standard_statuses(accept: str, case: str) -> None:
    async with gateway_client() as client:
        response = await client.post("/graphql", json=CASES[case], headers={"Accept": accept})
    assert_status(response, STANDARD[accept, case], accept)


@pytest.mark.anyio
@pytest.mark.parametrize(("accept", "case"), DRAFT)
async def test_draft_statuses(accept: str, case: str) -> None:
    async with gateway_client(http_statuses="draft") as client:
        response = await client.post("/graphql", json=CASES[case], headers={"Accept": accept})
    assert_status(response, *DRAFT[accept, case])


def assert_status(response: httpx.Response, status: int, media: str) -> None:
    """The response has `data`, possibly null, if and only if the operation was executed."""
    assert response.status_code == status
    assert response.headers["content-type"] == f"{media}; charset=utf-8"
    assert response.headers["vary"] == "Accept, Accept-Encoding"
    body = response.json()
    executed = "data" in body
    assert executed == (response.request.content in EXECUTED)
    assert response.headers.get("cache-control") == (None if executed else "no-store")


EXECUTED = [httpx.Request("POST", "", json=CASES[case]).content for case in ("data", "partial")]


@pytest.mark.anyio
@pytest.mark.parametrize("accept", [None, "", "*/*", "application/*"])
async def test_clients_that_accept_anything_receive_application_json(accept: str | None) -> None:
    async with gateway_client() as client:
        del client.headers["accept"]
        headers = {} if accept is None else {"Accept": accept}
        response = await client.post("/graphql", json=CASES["validation"], headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.anyio
async def test_several_accept_headers_are_combined() -> None:
    async with gateway_client() as client:
        del client.headers["accept"]
        response = await client.post(
            "/graphql",
            json=CASES["data"],
            headers=[("Accept", "text/html"), ("Accept", GRAPHQL)],
        )
    assert response.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["standard", "draft"])
async def test_an_accept_header_without_a_supported_type_is_406(mode: str) -> None:
    async with gateway_client(http_statuses=mode) as client:
        response = await client.post(
            "/graphql", json=CASES["data"], headers={"Accept": "text/html"}
        )
    assert response.status_code == 406
    assert response.json() == {
        "errors": [
            {
                "message": (
                    "Responses are application/graphql-response+json or application/json; "
                    "the Accept header accepts neither of them."
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
async def test_an_executed_operation_with_null_data_is_a_success(mode: str, status: int) -> None:
    settings = Settings.model_construct(http_statuses=mode)
    app = endpoint_of(strawberry.Schema(query=Query), settings)
    with capture_logs() as logs:  # the default format draws the variables of each function
        async with client_of(app) as client:
            response = await client.post("/", json={"query": "{ broken }"})
    assert "error" in [line["log_level"] for line in logs]
    assert response.status_code == status
    body = response.json()
    assert body["data"] is None
    assert [error["path"] for error in body["errors"]] == [["broken"]]
    assert "secret" not in response.text


@pytest.mark.anyio
async def test_fields_are_in_the_order_of_the_query() -> None:
    query = "{ z: __typename a: providers { name key } m: __typename }"
    async with gateway_client() as client:
        response = await client.post("/graphql", json={"query": query})
    expected = '{"data":{"z":"Query","a":[{"name":"Fake","key":"DODO"}],"m":"Query"}}'
    assert response.text == expected
