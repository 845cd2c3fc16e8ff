"""A gateway for this machine only answers to no other name."""

from collections.abc import AsyncIterator

import httpx
import pytest

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors
from tests.app.serving import client_of, told

pytestmark = pytest.mark.anyio

QUERY = {"query": "{ __typename }"}
MESSAGE = (
    "Without tokens this gateway answers only to localhost and loopback addresses. Set up tokens, "
    "or allow anybody by GROUPGATE_ANONYMOUS."
)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway for this machine only."""
    vendors = Vendors(providers={}, clients=())
    app = create_app(vendors, Settings.model_construct(), loopback_only=True)
    async with client_of(app) as opened:
        yield opened


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost:8000", "127.0.0.1:8000", "127.9.9.9", "[::1]", "[::1]:8000"]
)
async def test_loopback_is_this_machine(client: httpx.AsyncClient, host: str) -> None:
    response = await client.post("/graphql", json=QUERY, headers={"Host": host})
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.0.7",
        "0.0.0.0",
        "[::]",
        "[::1",
        "user@localhost",
        "localhost/@evil.example",
    ],
)
@pytest.mark.parametrize("path", ["/graphql", "/", "/healthz"])
async def test_any_other_name_is_not(client: httpx.AsyncClient, host: str, path: str) -> None:
    """A page that has its own name point here would be of the same origin."""
    response = await client.get(path, headers={"Host": host})
    assert told(response) == (421, "MISDIRECTED_REQUEST", MESSAGE)


async def test_other_gateways_answer_to_any_name() -> None:
    app = create_app(Vendors(providers={}, clients=()), Settings.model_construct())
    async with client_of(app) as opened:
        response = await opened.post("/graphql", json=QUERY, headers={"Host": "gateway.example"})
    assert response.status_code == 200
