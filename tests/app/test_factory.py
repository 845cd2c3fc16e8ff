"""The app as a whole: routes, and features that can be disabled."""

import pytest
import structlog
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from groupgate.app.middleware import RequestId, UnexpectedErrors
from tests.app.gateway import GRAPHQL, client_of, gateway_client, only_error

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PAGE = "text/html; charset=utf-8"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "url", ["/", "/graphql", "/graphql?query={__typename}", "/graphql?query=mutation{a}"]
)
async def test_a_browser_receives_the_explorer_and_executes_nothing(url: str) -> None:
    async with gateway_client() as client:
        response = await client.get(url, headers={"Accept": BROWSER})
    assert (response.status_code, response.headers["content-type"]) == (200, PAGE)


@pytest.mark.anyio
async def test_the_explorer_page_varies_by_accept() -> None:
    async with gateway_client() as client:
        page = await client.get("/graphql", headers={"Accept": BROWSER})
    assert page.headers["vary"] == "Accept"


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/", "/graphiql/icon.svg"])
async def test_paths_of_a_disabled_explorer_are_404(path: str) -> None:
    async with gateway_client(explorer=False) as client:
        response = await client.get(path, headers={"Accept": BROWSER})
    assert only_error(response) == (404, "NOT_FOUND", "Not Found.")
    assert response.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.anyio
async def test_without_the_explorer_a_browser_navigation_executes_nothing() -> None:
    async with gateway_client(explorer=False) as client:
        url = "/graphql?query={__typename}"
        refused = await client.get(url, headers={"Accept": BROWSER})
        nothing_else = await client.get(url, headers={"Accept": "text/html"})
    assert only_error(refused)[:2] == (403, "FORBIDDEN")
    assert nothing_else.status_code == 406


@pytest.mark.anyio
async def test_without_introspection_the_schema_is_not_served() -> None:
    async with gateway_client(introspection=False) as client:
        file = await client.get("/schema.graphql")
        body = {"query": "{ __schema { queryType { name } } }"}
        answer = await client.post("/graphql", json=body)
    assert only_error(file) == (404, "NOT_FOUND", "Not Found.")
    expected = (400, "INTROSPECTION_DISABLED", "Introspection is disabled.")
    assert only_error(answer) == expected


@pytest.mark.anyio
async def test_the_schema_is_served_as_a_file() -> None:
    async with gateway_client() as client:
        response = await client.get("/schema.graphql")
    assert response.status_code == 200
    assert response.text.count("\ntype Query {\n") == 1


@pytest.mark.anyio
async def test_errors_in_variables_have_no_suggestions_if_disabled() -> None:
    body = {
        "query": "query ($key: ProviderKey!) { provider(key: $key) { name } }",
        "variables": {"key": "DOD"},
    }
    async with gateway_client() as open_, gateway_client(suggestions=False) as closed:
        suggested, plain = [
            only_error(await client.post("/graphql", json=body)) for client in (open_, closed)
        ]
    message = "Variable '$key' has invalid value: Value 'DOD' does not exist in 'ProviderKey' enum."
    hint = " Did you mean the enum value 'DODO'?"
    assert suggested == (400, "BAD_USER_INPUT", message + hint)
    assert plain == (400, "BAD_USER_INPUT", message)


@pytest.mark.anyio
async def test_an_unknown_path_or_method_has_an_error_in_json() -> None:
    async with gateway_client() as client:
        nothing = await client.get("/nothing")
        method = await client.post("/healthz")
    assert only_error(nothing) == (404, "NOT_FOUND", "Not Found.")
    assert only_error(method) == (405, "METHOD_NOT_ALLOWED", "Method Not Allowed.")
    assert set(method.headers["allow"].split(", ")) == {"GET", "HEAD"}


async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Raise before the response."""
    raise RuntimeError("secret")


@pytest.mark.anyio
async def test_an_unexpected_exception_is_logged_once_and_its_message_is_not_sent() -> None:
    with structlog.testing.capture_logs() as logs:
        async with client_of(RequestId(UnexpectedErrors(fail))) as client:
            response = await client.get("/", headers={"X-Request-Id": "abc"})
    assert response.json() == {
        "errors": [
            {
                "message": (
                    "The gateway failed with an internal error. Its log contains this request id."
                ),
                "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": "abc"},
            }
        ]
    }
    assert response.status_code == 500
    assert response.headers["x-request-id"] == "abc"
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert [(log["event"], str(log["exc_info"])) for log in logs] == [("request_failed", "secret")]


@pytest.mark.anyio
async def test_a_disconnect_is_not_an_unexpected_error() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def leave(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ClientDisconnect

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    with structlog.testing.capture_logs() as logs:
        await UnexpectedErrors(leave)({"type": "http"}, receive, send)
    assert (sent, logs) == ([], [])


async def break_off(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Raise in the middle of the response."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("half")


@pytest.mark.anyio
async def test_an_exception_after_the_response_has_started_is_raised() -> None:
    async with client_of(RequestId(UnexpectedErrors(break_off))) as client:
        with pytest.raises(RuntimeError, match="half"):
            await client.get("/")


@pytest.mark.anyio
async def test_every_response_has_a_request_id() -> None:
    async with gateway_client() as client:
        answers = [
            await client.get("/nothing"),
            await client.get("/graphql", headers={"Accept": GRAPHQL}),
            await client.get("/graphql", headers={"Accept": BROWSER}),
        ]
    assert [len(answer.headers["x-request-id"]) for answer in answers] == [16, 16, 16]
