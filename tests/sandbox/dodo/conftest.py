"""A Dodo simulator with a test clock, and the official SDK as its strict client."""

from collections.abc import AsyncIterator

import httpx
import pytest
from dodopayments import AsyncDodoPayments

from groupgate.sandbox.dodo import DodoSimulator

URL = "http://dodo.test"


class Clock:
    """Returns 2026-11-22T12:00:00Z until a test sets `now`."""

    def __init__(self) -> None:
        self.now = 1_795_348_800.0

    def __call__(self) -> float:
        """Return the time in epoch seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The simulator's clock."""
    return Clock()


@pytest.fixture
def dodo(clock: Clock) -> DodoSimulator:
    """A simulator with its seed data."""
    return DodoSimulator(clock=clock)


@pytest.fixture
async def http(dodo: DodoSimulator) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that sends the API key."""
    headers = {"Authorization": "Bearer sk_test_sandbox"}
    transport = httpx.ASGITransport(dodo)
    async with httpx.AsyncClient(transport=transport, base_url=URL, headers=headers) as client:
        yield client


@pytest.fixture
async def sdk(dodo: DodoSimulator) -> AsyncIterator[AsyncDodoPayments]:
    """The official SDK; a response that does not match its types is an error."""
    async with AsyncDodoPayments(
        bearer_token="sk_test_sandbox",
        base_url=URL,
        max_retries=0,
        http_client=httpx.AsyncClient(transport=httpx.ASGITransport(dodo)),
        _strict_response_validation=True,
    ) as client:
        yield client


@pytest.fixture
def ids(dodo: DodoSimulator) -> dict[str, str]:
    """Ids of the seed data, by product name or by "collection / group / product"."""
    state = dodo.snapshot()
    names = {key: product["name"] for key, product in state["products"].items()}
    found = {name: key for key, name in names.items()}
    for key, collection in state["collections"].items():
        found[collection["name"]] = key
        for group in collection["groups"]:
            path = f"{collection['name']} / {group['name']}"
            found[path] = group["id"]
            found |= {
                f"{path} / {names[each['product_id']]}": each["id"] for each in group["items"]
            }
    return found
