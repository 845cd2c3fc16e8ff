"""A gateway without tokens serves this machine only."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import structlog

from groupgate.app.bind_check import is_loopback_only
from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors
from groupgate.configuration.model import Misconfigured
from tests.app.gateway import client_of, only_error

LOOPBACK = ["127.0.0.1", "127.1.2.3", "localhost", "::1"]
OTHER_HOSTS = ["0.0.0.0", "::", "192.168.0.7", "gateway.example", ""]
PERMITTED = [
    {"tokens": "x"},
    {"tokens_file": "x"},
    {"jwt_issuer": "x"},
    {"anonymous": "read"},
    {"anonymous": "write"},
]


@pytest.mark.parametrize("host", LOOPBACK + OTHER_HOSTS)
def test_the_sandbox_may_listen_anywhere(host: str) -> None:
    assert is_loopback_only(Settings.model_construct(), host, is_sandbox=True) is False


@pytest.mark.parametrize("host", LOOPBACK + OTHER_HOSTS)
@pytest.mark.parametrize("given", PERMITTED)
def test_a_gateway_with_callers_or_explicit_anonymous_access_may_listen_anywhere(
    given: dict[str, Any], host: str
) -> None:
    settings = Settings.model_construct(**given)
    assert is_loopback_only(settings, host, is_sandbox=False) is False


@pytest.mark.parametrize("host", LOOPBACK)
def test_a_gateway_without_tokens_may_listen_on_loopback_and_logs_it(host: str) -> None:
    with structlog.testing.capture_logs() as logs:
        assert is_loopback_only(Settings.model_construct(), host, is_sandbox=False) is True
    assert logs == [
        {
            "event": "loopback_access_opened",
            "log_level": "warning",
            "host": host,
            "scope": "write",
            "reason": "no tokens, no JWTs",
        }
    ]


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_a_gateway_without_tokens_may_not_listen_elsewhere(host: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        is_loopback_only(Settings.model_construct(), host, is_sandbox=False)
    assert str(raised.value) == (
        f"On {host or 'all addresses'}, other machines could use your vendor keys: set "
        "GROUPGATE_TOKENS_FILE, GROUPGATE_TOKENS or GROUPGATE_JWT_ISSUER, or allow anonymous "
        "callers with GROUPGATE_ANONYMOUS=read or GROUPGATE_ANONYMOUS=write."
    )


pytestmark = pytest.mark.anyio

QUERY = {"query": "{ __typename }"}
MESSAGE = (
    "A gateway without tokens serves localhost and loopback addresses only. Configure tokens, or "
    "allow anonymous callers with GROUPGATE_ANONYMOUS."
)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of a gateway for this machine only."""
    vendors = Vendors(providers={}, transports=())
    app = create_app(vendors, Settings.model_construct(), loopback_only=True)
    async with client_of(app) as opened:
        yield opened


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost:8000", "127.0.0.1:8000", "127.9.9.9", "[::1]", "[::1]:8000"]
)
async def test_loopback_hosts_are_served(client: httpx.AsyncClient, host: str) -> None:
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
async def test_other_hosts_are_421(client: httpx.AsyncClient, host: str, path: str) -> None:
    """A page whose own name resolves to this machine would have the same origin (DNS rebinding)."""
    response = await client.get(path, headers={"Host": host})
    assert only_error(response) == (421, "MISDIRECTED_REQUEST", MESSAGE)


async def test_a_gateway_for_everybody_serves_any_host() -> None:
    app = create_app(Vendors(providers={}, transports=()), Settings.model_construct())
    async with client_of(app) as opened:
        response = await opened.post("/graphql", json=QUERY, headers={"Host": "gateway.example"})
    assert response.status_code == 200
