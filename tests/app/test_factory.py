"""The app as a whole: what is served where, what can be turned off, and what goes wrong."""

import pytest
import structlog
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from groupgate.app.middleware.failures import Failures
from groupgate.app.middleware.request_id import RequestId
from tests.app.serving import GRAPHQL, client_of, gateway, told

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PAGE = "text/html; charset=utf-8"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "url", ["/", "/graphql", "/graphql?query={__typename}", "/graphql?query=mutation{a}"]
)
async def test_browsers_see_the_explorer_and_run_nothing(url: str) -> None:
    async with gateway() as client:
        response = await client.get(url, headers={"Accept": BROWSER})
    assert (response.status_code, response.headers["content-type"]) == (200, PAGE)


@pytest.mark.anyio
async def test_what_a_browser_gets_is_not_what_a_program_gets() -> None:
    async with gateway() as client:
        page = await client.get("/graphql", headers={"Accept": BROWSER})
    assert page.headers["vary"] == "Accept"


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/", "/graphiql/explorer.js"])
async def test_without_the_explorer_its_addresses_are_404(path: str) -> None:
    async with gateway(explorer=False) as client:
        response = await client.get(path, headers={"Accept": BROWSER})
    assert told(response) == (404, "NOT_FOUND", "Not Found.")
    assert response.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.anyio
async def test_without_the_explorer_a_browser_that_opens_an_address_runs_nothing() -> None:
    async with gateway(explorer=False) as client:
        url = "/graphql?query={__typename}"
        refused = await client.get(url, headers={"Accept": BROWSER})
        nothing_else = await client.get(url, headers={"Accept": "text/html"})
    assert told(refused)[:2] == (403, "FORBIDDEN")
    assert nothing_else.status_code == 406


@pytest.mark.anyio
async def test_without_introspection_the_schema_is_nowhere() -> None:
    async with gateway(introspection=False) as client:
        file = await client.get("/schema.graphql")
        body = {"query": "{ __schema { queryType { name } } }"}
        answer = await client.post("/graphql", json=body)
    assert told(file) == (404, "NOT_FOUND", "Not Found.")
    expected = (400, "INTROSPECTION_DISABLED", "Introspection is turned off.")
    assert told(answer) == expected


@pytest.mark.anyio
async def test_the_schema_is_a_file() -> None:
    async with gateway() as client:
        response = await client.get("/schema.graphql")
    assert response.status_code == 200
    assert response.text.count("\ntype Query {\n") == 1


@pytest.mark.anyio
async def test_without_suggestions_variables_get_none_either() -> None:
    body = {
        "query": "query ($key: ProviderKey!) { provider(key: $key) { name } }",
        "variables": {"key": "DOD"},
    }
    async with gateway() as open_, gateway(suggestions=False) as closed:
        suggested, plain = [
            told(await client.post("/graphql", json=body)) for client in (open_, closed)
        ]
    message = "Variable '$key' has invalid value: Value 'DOD' does not exist in 'ProviderKey' enum."
    hint = " Did you mean the enum value 'DODO'?"
    assert suggested == (400, "BAD_USER_INPUT", message + hint)
    assert plain == (400, "BAD_USER_INPUT", message)


@pytest.mark.anyio
async def test_an_address_where_nothing_is_answers_in_json() -> None:
    async with gateway() as client:
        nothing = await client.get("/nothing")
        method = await client.post("/healthz")
    assert told(nothing) == (404, "NOT_FOUND", "Not Found.")
    assert told(method) == (405, "METHOD_NOT_ALLOWED", "Method Not Allowed.")
    assert set(method.headers["allow"].split(", ")) == {"GET", "HEAD"}


async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Fail before anything is answered."""
    raise RuntimeError("secret")


@pytest.mark.anyio
async def test_what_nobody_foresaw_is_logged_once_and_told_without_a_word_of_it() -> None:
    with structlog.testing.capture_logs() as logs:
        async with client_of(RequestId(Failures(fail))) as client:
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
async def test_a_client_that_is_gone_is_no_failure() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def leave(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ClientDisconnect

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    with structlog.testing.capture_logs() as logs:
        await Failures(leave)({"type": "http"}, receive, send)
    assert (sent, logs) == ([], [])


async def break_off(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Fail in the middle of an answer."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("half")


@pytest.mark.anyio
async def test_a_failure_after_the_answer_began_is_left_to_the_server() -> None:
    async with client_of(RequestId(Failures(break_off))) as client:
        with pytest.raises(RuntimeError, match="half"):
            await client.get("/")


@pytest.mark.anyio
async def test_every_answer_has_a_request_id() -> None:
    async with gateway() as client:
        answers = [
            await client.get("/nothing"),
            await client.get("/graphql", headers={"Accept": GRAPHQL}),
            await client.get("/graphql", headers={"Accept": BROWSER}),
        ]
    assert [len(answer.headers["x-request-id"]) for answer in answers] == [16, 16, 16]
