"""Two merchants in one deployment: the failures and limits of one do not reach the other."""

from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from structlog.testing import capture_logs

from groupgate.sandbox.simulator import Request, Response
from tests.e2e.merchants import BOTH, MERCHANTS, Merchant, open_accounts

pytestmark = pytest.mark.anyio

NAMES: Final = (
    "query ($account: String, $first: Int = 1) { provider(key: AXIM, account: $account) { account"
    " products(first: $first) { nodes { name } } } }"
)
STATES: Final = "{ providers { key account status { state } } }"
UNCACHED: Final = {"cache_ttl": 0, "cache_stale_if_error": 0}


async def execute(http: httpx.AsyncClient, caller: str, query: str, **variables: Any) -> Any:
    headers = {"Authorization": f"Bearer {caller}", "Groupgate-Explain": "1"}
    body = {"query": query, "variables": variables}
    return (await http.post("/graphql", json=body, headers=headers)).json()


async def names(http: httpx.AsyncClient, account: str, **variables: int) -> list[str] | None:
    """Return the names of an account's products; None if the vendor fails."""
    response = await execute(http, BOTH, NAMES, account=account, **variables)
    products = response["data"]["provider"]["products"]
    return None if products is None else [node["name"] for node in products["nodes"]]


def fail(merchant: Merchant, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """Make the merchant's store at Axim answer every call with this status."""

    def respond(_request: Request) -> Response:
        return Response(status=status)

    monkeypatch.setattr(merchant.axim, "respond", respond)


async def test_the_breaker_of_one_account_leaves_the_other_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eu, us = (Merchant(name) for name in MERCHANTS)
    fail(us, monkeypatch, 500)
    async with open_accounts(tmp_path, [eu, us], **UNCACHED) as http:
        for _ in range(12):
            assert await names(http, "us") is None
        calls = len(us.axim.calls)
        assert await names(http, "us") is None
        assert len(us.axim.calls) == calls  # the breaker is open
        found = await names(http, "eu")
        states = await execute(http, BOTH, STATES)

    assert found is not None
    assert found[0].endswith(" [eu]")
    assert len(eu.axim.calls) == 1
    assert {
        (one["key"], one["account"]): one["status"]["state"] for one in states["data"]["providers"]
    } == {
        ("AXIM", "eu"): "AVAILABLE",
        ("AXIM", "us"): "UNAVAILABLE",
        ("DODO", "eu"): "AVAILABLE",
        ("DODO", "us"): "AVAILABLE",
        ("TWO_CHECKOUT", "eu"): "AVAILABLE",
        ("TWO_CHECKOUT", "us"): "AVAILABLE",
    }


async def test_each_account_has_the_limit_of_calls_of_its_own(tmp_path: Path) -> None:
    eu, us = (Merchant(name) for name in MERCHANTS)
    limits = {"axim_rate_per_minute": 2, "axim_rate_per_second": 2, "deadline": 0.5}
    async with open_accounts(tmp_path, [eu, us], **UNCACHED, **limits) as http:
        results = [await names(http, "us") is not None for _ in range(3)]
        assert results == [True, True, False]
        results = [await names(http, "eu") is not None for _ in range(3)]
        assert results == [True, True, False]

    assert (len(eu.axim.calls), len(us.axim.calls)) == (2, 2)


async def test_errors_and_logs_name_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eu, us = (Merchant(name) for name in MERCHANTS)
    fail(us, monkeypatch, 401)
    query = "{ providers { account products(first: 1) { nodes { name } } } }"
    with capture_logs() as lines:
        async with open_accounts(tmp_path, [eu, us], **UNCACHED) as http:
            response = await execute(http, BOTH, query)

    (error,) = response["errors"]
    named = {"provider": "AXIM", "account": "us"}
    assert {key: error["extensions"][key] for key in named} == named
    assert error["path"] == ["providers", 1, "products"]
    (line,) = [line for line in lines if line["event"] == "upstream_failed"]
    assert {key: line[key] for key in named} == named
    calls = [(call["provider"], call["account"]) for call in response["extensions"]["upstream"]]
    assert sorted(calls) == [
        (vendor, name) for vendor in ("AXIM", "DODO", "TWO_CHECKOUT") for name in MERCHANTS
    ]


async def test_a_failed_account_is_served_from_its_own_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eu, us = (Merchant(name) for name in MERCHANTS)
    settings = {"cache_ttl": 1e-9, "cache_stale_if_error": 300}
    async with open_accounts(tmp_path, [eu, us], **settings) as http:
        before = [await names(http, name) for name in MERCHANTS]
        fail(us, monkeypatch, 500)
        after = [await execute(http, BOTH, NAMES, account=name) for name in MERCHANTS]

    for name, known, response in zip(MERCHANTS, before, after, strict=True):
        nodes = response["data"]["provider"]["products"]["nodes"]
        assert [node["name"] for node in nodes] == known
        assert known is not None
        assert known[0].endswith(f" [{name}]")
    assert "stale" not in after[0]["extensions"]
    (stale,) = after[1]["extensions"]["stale"]
    assert stale == {
        "provider": "AXIM",
        "account": "us",
        "ageSeconds": 0,
        "reason": "UPSTREAM_UNAVAILABLE",
    }


async def test_a_write_drops_only_the_cache_of_its_account(tmp_path: Path) -> None:
    eu, us = (Merchant(name) for name in MERCHANTS)
    create = (
        'mutation ($id: ID!) { groupCreate(collectionId: $id, input: {name: "New"})'
        " { userErrors { message } } }"
    )
    collections = '{ provider(key: AXIM, account: "us") { productCollections { nodes { id } } } }'
    async with open_accounts(tmp_path, [eu, us], cache_ttl=1000) as http:
        for name in MERCHANTS:
            await names(http, name)
        response = await execute(http, BOTH, collections)
        (collection,) = response["data"]["provider"]["productCollections"]["nodes"]
        created = await execute(http, "us", create, id=collection["id"])
        assert created["data"]["groupCreate"]["userErrors"] == []
        counts = len(eu.axim.calls), len(us.axim.calls)
        for name in MERCHANTS:
            await names(http, name)

    assert (len(eu.axim.calls), len(us.axim.calls)) == (counts[0], counts[1] + 1)
    assert eu.axim.snapshot() != us.axim.snapshot()


async def test_pages_for_everybody_do_not_name_accounts(tmp_path: Path) -> None:
    async with open_accounts(tmp_path, [Merchant(name) for name in MERCHANTS]) as http:
        ready = await http.get("/readyz")
        metrics = await http.get("/metrics")

    assert ready.json() == {"status": "ready", "mode": "live", "providers": {}}
    assert metrics.status_code == 404


async def test_metrics_have_a_series_for_each_account(tmp_path: Path) -> None:
    """On a port of their own, which callers cannot reach."""
    merchants = [Merchant(name) for name in MERCHANTS]
    async with open_accounts(tmp_path, merchants, metrics_port=9100) as http:
        await names(http, "us")
        page = (await http.get("http://gateway:9100/metrics")).text

    prefix = "groupgate_upstream_calls_total"
    assert [line for line in page.splitlines() if line.startswith(prefix)] == [
        f'{prefix}{{account="us",operation="GET /products",status="200",vendor="AXIM"}} 1.0'
    ]
