"""The sandbox serves the three simulators and an index."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from groupgate.sandbox.app import Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
def sandbox() -> Sandbox:
    """A sandbox with its seed data."""
    return Sandbox()


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the sandbox."""
    transport = httpx.ASGITransport(sandbox)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        yield client


def _signed(variables: dict[str, str]) -> dict[str, str]:
    code, key = variables["TWOCHECKOUT_MERCHANT_CODE"], variables["TWOCHECKOUT_SECRET_KEY"]
    date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    text = f"{len(code)}{code}{len(date)}{date}".encode()
    digest = hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
    header = f'code="{code}" date="{date}" hash="{digest}" algo="sha256"'
    return {"X-Avangate-Authentication": header}


async def test_environment_has_url_and_credentials_of_every_simulator(sandbox: Sandbox) -> None:
    assert sandbox.environment("http://127.0.0.1:9000/") == {
        "DODO_PAYMENTS_API_KEY": "sk_test_sandbox",
        "DODO_PAYMENTS_BASE_URL": "http://127.0.0.1:9000/dodo",
        "AXIM_ACCESS_TOKEN": "axim-sandbox-token",
        "AXIM_BASE_URL": "http://127.0.0.1:9000/axim",
        "TWOCHECKOUT_MERCHANT_CODE": "SANDBOX1",
        "TWOCHECKOUT_SECRET_KEY": "sandbox-secret-key",
        "TWOCHECKOUT_BASE_URL": "http://127.0.0.1:9000/2checkout/rest/6.0",
    }


async def test_simulators_accept_the_credentials_of_the_environment(
    sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    variables = sandbox.environment("http://sandbox")
    bearer = {"Authorization": f"Bearer {variables['DODO_PAYMENTS_API_KEY']}"}
    token = {"accessToken": variables["AXIM_ACCESS_TOKEN"]}
    for url, headers in (
        (f"{variables['DODO_PAYMENTS_BASE_URL']}/product-collections?page_size=1", bearer),
        (f"{variables['AXIM_BASE_URL']}/productGroup/all?limit=1", token),
        (f"{variables['TWOCHECKOUT_BASE_URL']}/productgroups/", _signed(variables)),
    ):
        assert (await http.get(url, headers=headers)).status_code == 200
    assert list(sandbox.dodo.calls) == [("GET", "/product-collections?page_size=1", None)]
    assert list(sandbox.axim.calls) == [("GET", "/productGroup/all?limit=1", None)]
    assert list(sandbox.two_checkout.calls) == [("GET", "/productgroups/", None)]


@pytest.mark.parametrize("prefix", ["/dodo", "/axim", "/2checkout/rest/6.0"])
async def test_simulators_return_401_without_credentials(
    http: httpx.AsyncClient, prefix: str
) -> None:
    assert (await http.get(prefix)).status_code == 401


async def test_index_lists_the_simulators(http: httpx.AsyncClient) -> None:
    response = await http.get("/")
    assert response.status_code == 200
    assert response.json() == {
        "name": "groupgate sandbox",
        "vendors": {"dodo": "/dodo", "axim": "/axim", "2checkout": "/2checkout/rest/6.0"},
    }


@pytest.mark.parametrize(
    "path", ["/dodos", "/axim%2Fproducts", "/2checkout", "/2checkout/rest/7.0"]
)
async def test_other_paths_return_404(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(path)
    assert response.status_code == 404
    assert response.json() == {"message": "No simulator serves this path"}


async def test_reset_restores_the_seed_of_every_simulator(
    sandbox: Sandbox, http: httpx.AsyncClient
) -> None:
    variables = sandbox.environment("http://sandbox")
    before = _snapshots(sandbox)
    collections = before[0]["collections"]
    collection = next(key for key in collections if not collections[key]["archived"])
    axim_group = before[1]["groups"][0]["id"]
    bearer = {"Authorization": f"Bearer {variables['DODO_PAYMENTS_API_KEY']}"}
    token = {"accessToken": variables["AXIM_ACCESS_TOKEN"]}
    await http.delete(f"/dodo/product-collections/{collection}", headers=bearer)
    await http.delete(f"/axim/productGroup/{axim_group}", headers=token)
    await http.post(
        "/2checkout/rest/6.0/products/007/productgroups/7F3E9D2C1A/", headers=_signed(variables)
    )
    changed = _snapshots(sandbox)
    assert [new != old for new, old in zip(changed, before, strict=True)] == [True, True, True]
    sandbox.reset()
    assert _snapshots(sandbox) == before


async def test_lifespan_events_are_completed(sandbox: Sandbox) -> None:
    events = iter(["lifespan.startup", "lifespan.shutdown"])
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": next(events)}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await sandbox({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def _snapshots(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [
        sandbox.dodo.snapshot(),
        sandbox.axim.snapshot(),
        sandbox.two_checkout.snapshot(),
    ]
