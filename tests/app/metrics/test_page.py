"""`/metrics`: what it reports of requests and calls, where it is served, and to whom."""

import re
import subprocess
import sys
from importlib import import_module
from itertools import pairwise

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from groupgate.domain.refs import ProviderKey
from groupgate.sandbox import simulator
from groupgate.sandbox.app import Sandbox
from groupgate.upstream.sender import operation_of
from groupgate.upstream.transport import UpstreamRequest
from tests.app.metrics.scraped import samples, scraped

pytestmark = pytest.mark.anyio

GROUPS = "query Shop { provider(key: AXIM) { groups(first: 2) { nodes { id name } } } }"
CREATE = """mutation Add { groupCreate(collectionId: "%s", input: { name: "New" }) {
  userErrors { code } } }"""
COLLECTION = "{ provider(key: AXIM) { productCollections { nodes { id } } } }"


async def test_requests_are_counted_by_name_type_status_and_code() -> None:
    async with scraped() as gateway:
        for query in (GROUPS, GROUPS, "{", '{ node(id: "x") { id } }'):
            await gateway.send(query)
        counted = await gateway.samples("groupgate_requests_total")
        durations = await gateway.samples("groupgate_request_duration_seconds_count")
        lookups = await gateway.samples("groupgate_response_cache_lookups_total")
    assert counted == {  # code, operation, status, type
        ("", "Shop", "200", "query"): 2,
        ("GRAPHQL_PARSE_FAILED", "", "200", ""): 1,
        ("BAD_USER_INPUT", "", "200", "query"): 1,
    }
    assert durations == {("Shop", "query"): 2, ("", ""): 1, ("", "query"): 1}
    assert lookups == {("hit",): 1, ("miss",): 2}


async def test_a_response_of_the_direct_route_is_counted() -> None:
    """The third request has a head that is known; it is not passed to the endpoint."""
    async with scraped() as gateway:
        for _ in range(5):
            await gateway.send(GROUPS)
        assert await gateway.samples("groupgate_requests_total") == {
            ("", "Shop", "200", "query"): 5
        }
        assert await gateway.samples("groupgate_response_cache_lookups_total") == {
            ("hit",): 4,
            ("miss",): 1,
        }
        assert await gateway.samples("groupgate_request_wait_seconds_count") == {(): 1}
        assert await gateway.samples("groupgate_response_cache_entries") == {(): 1}


async def test_calls_are_counted_by_vendor_operation_and_status() -> None:
    async with scraped() as gateway:
        await gateway.send(GROUPS)
        await gateway.send(GROUPS.replace("id name", "id"))
        calls = await gateway.samples("groupgate_upstream_calls_total")
        durations = await gateway.samples("groupgate_upstream_call_duration_seconds_count")
        waits = await gateway.samples("groupgate_upstream_wait_seconds_count")
        lookups = await gateway.samples("groupgate_cache_lookups_total")
    assert calls == {("GET /productGroup/all", "200", "AXIM"): 1}
    assert durations == {("GET /productGroup/all", "AXIM"): 1}
    assert waits == {("AXIM",): 1}
    assert lookups == {("hit", "AXIM"): 1, ("miss", "AXIM"): 1}


async def test_a_failing_vendor_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries, state, breaker and stale responses."""
    async with scraped(cache_ttl=0.000001) as gateway:
        await gateway.send(GROUPS)
        broken = simulator.Response(status=500)
        monkeypatch.setattr(gateway.sandbox.axim, "respond", lambda _request: broken)
        for _ in range(4):
            stale = (await gateway.send(GROUPS)).json()
        assert stale["extensions"]["stale"][0]["provider"] == "AXIM"
        calls = await gateway.samples("groupgate_upstream_calls_total")
        assert calls[("GET /productGroup/all", "500", "AXIM")] == 9
        assert await gateway.samples("groupgate_upstream_retries_total") == {
            ("Unavailable", "AXIM"): 6
        }
        assert await gateway.samples("groupgate_breaker_open") == {("AXIM",): 1}
        states = await gateway.samples("groupgate_vendor_state")
        assert states == {
            ("UNAVAILABLE", "AXIM"): 1,
            ("AVAILABLE", "DODO"): 1,
            ("AVAILABLE", "TWO_CHECKOUT"): 1,
        }
        assert await gateway.samples("groupgate_vendor_state_changes_total") == {
            ("DEGRADED", "AXIM"): 1,
            ("UNAVAILABLE", "AXIM"): 1,
        }
        assert await gateway.samples("groupgate_stale_responses_total") == {("AXIM",): 4}


async def test_the_budget_of_calls_is_reported() -> None:
    async with scraped(axim_rate_per_second=None, axim_rate_per_minute=90) as gateway:
        await gateway.send(GROUPS)
        left = await gateway.samples("groupgate_upstream_budget_calls")
        limit = await gateway.samples("groupgate_upstream_budget_calls_limit")
    assert left == {("AXIM", "minute"): 89, ("DODO", "second"): 40, ("DODO", "minute"): 240}
    assert limit == {("AXIM", "minute"): 90, ("DODO", "second"): 40, ("DODO", "minute"): 240}


async def test_idempotency_keys_are_counted_by_their_use() -> None:
    async with scraped() as gateway:
        data = (await gateway.send(COLLECTION)).json()["data"]
        (collection,) = data["provider"]["productCollections"]["nodes"]
        create = CREATE % collection["id"]
        for query in (create, create, create.replace("New", "Other")):
            await gateway.send(query, **{"Idempotency-Key": "k"})
        await gateway.send(create)
        uses = await gateway.samples("groupgate_idempotency_keys_total")
        requests = await gateway.samples("groupgate_requests_total")
    assert uses == {("executed",): 1, ("replayed",): 1, ("reused",): 1}
    assert requests[("", "Add", "200", "mutation")] == 3
    assert requests[("IDEMPOTENCY_KEY_REUSED", "Add", "422", "mutation")] == 1


async def test_unreadable_rows_and_values_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox(unlimited=True)
    respond = sandbox.axim.respond

    def respond_oddly(request: simulator.Request) -> simulator.Response:
        response = respond(request)
        response.body["data"][0]["id"] = {}
        return response

    monkeypatch.setattr(sandbox.axim, "respond", respond_oddly)
    async with scraped(sandbox) as gateway:
        await gateway.send(GROUPS)
        assert await gateway.samples("groupgate_unreadable_values_total") == {("row", "AXIM"): 1}


async def test_each_metric_follows_the_conventions() -> None:
    """Names with their unit, `_total` for counters only, and a HELP text that is a sentence."""
    async with scraped() as gateway:
        await gateway.send(GROUPS)
        text = (await gateway.http.get("/metrics")).text
    families = {one.name: one for one in text_string_to_metric_families(text)}
    own = {name: one for name, one in families.items() if name.startswith("groupgate_")}
    assert len(own) == 32
    for name, family in own.items():
        assert family.documentation.endswith("."), name
        assert family.type in {"counter", "gauge", "histogram"}, name
        assert (f"# TYPE {name}_total counter" in text) == (family.type == "counter"), name
        assert family.type != "histogram" or name.endswith("_seconds"), name
    assert {"process_resident_memory_bytes", "python_info"} <= families.keys()
    assert samples(text, "groupgate_ready") == {(): 1}
    assert len(samples(text, "groupgate_build_info")) == 1


async def test_buckets_are_cumulative() -> None:
    async with scraped() as gateway:
        for _ in range(3):
            await gateway.send(GROUPS)
        text = (await gateway.http.get("/metrics")).text
    values = [
        int(float(value))
        for value in re.findall(
            r'^groupgate_request_duration_seconds_bucket\{le="[^"]+",operation="Shop".* (\S+)$',
            text,
            re.MULTILINE,
        )
    ]
    assert len(values) == 15
    assert all(first <= second for first, second in pairwise(values))
    assert values[-1] == 3


async def test_prometheus_receives_openmetrics_if_it_asks_for_it() -> None:
    """Buckets of durations then have the id of their last request."""
    async with scraped() as gateway:
        for number in range(2):
            await gateway.send(f"query Shop {{ a{number}: __typename }}", **{"x-request-id": "r1"})
        accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
        response = await gateway.http.get("/metrics", headers={"accept": accept})
        plain = await gateway.http.get("/metrics")
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")
    examples = re.findall(
        r'^groupgate_request_duration_seconds_bucket\{.*"Shop".*\} \d\.0 # '
        r'\{request_id="r1"\} [\d.e-]+ \d+\.\d+$',
        response.text,
        re.MULTILINE,
    )
    assert len(examples) == response.text.count("request_id=") > 0
    assert "request_id" not in plain.text


async def test_metrics_need_no_token() -> None:
    async with scraped(anonymous="none") as gateway:
        assert (await gateway.send("{ __typename }")).status_code == 401
        assert (await gateway.http.get("/metrics")).status_code == 200


async def test_pages_of_other_origins_cannot_read_metrics() -> None:
    async with scraped(cors_origins=("*",)) as gateway:
        response = await gateway.http.get("/metrics", headers={"origin": "https://shop.example"})
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


async def test_only_get_reads_metrics() -> None:
    async with scraped() as gateway:
        response = await gateway.http.post("/metrics")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


async def test_metrics_have_a_port_of_their_own() -> None:
    """The port serves nothing else, and the gateway's port no metrics."""
    async with scraped(metrics_port=9464) as gateway:
        assert (await gateway.http.get("/metrics")).status_code == 404
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=gateway.app), base_url="http://localhost:9464"
        ) as own:
            assert (await own.get("/metrics")).status_code == 200
            assert (await own.get("/graphql?query={__typename}")).status_code == 404
            body = {"query": "{ __typename }"}
            assert (await own.post("/graphql", json=body)).status_code == 404


async def test_metrics_can_be_turned_off() -> None:
    async with scraped(metrics=False) as gateway:
        assert (await gateway.http.get("/metrics")).status_code == 404


@pytest.mark.slow
def test_libraries_are_imported_only_if_they_are_used() -> None:
    """prometheus-client for the first page of metrics, and the others for their settings."""
    code = """
import asyncio, sys
import groupgate.cli.serve
from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from starlette.testclient import TestClient

def found():
    names = ("prometheus_client", "opentelemetry", "redis", "jwt", "cryptography",
        "groupgate.sandbox", "groupgate.schema.federation")
    return [name for name in names if name in sys.modules]

for is_on in (False, True):
    settings = Settings.model_construct(metrics=is_on)
    app = create_app(connect({}, settings=settings), settings)
    print(found())
    with TestClient(app) as client:
        print(client.get("/metrics").status_code, found())
"""
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ended.stdout.splitlines() == ["[]", "404 []", "[]", "200 ['prometheus_client']"]


async def test_operations_of_vendors_have_no_ids() -> None:
    """Reads of one object of each kind at each vendor."""
    reads = """query ($key: ProviderKey!) { provider(key: $key) {
      productCollections(first: 1) { nodes { id } }
      groups(first: 1) { nodes { id } } products(first: 1) { nodes { id } } } }"""
    async with scraped(dodo_rate_per_second=None, dodo_rate_per_minute=None) as gateway:
        for key in ProviderKey:
            body = {"query": reads, "variables": {"key": key.value}}
            data = (await gateway.http.post("/graphql", json=body)).json()["data"]["provider"]
            ids = [nodes["nodes"][0]["id"] for nodes in data.values()]
            query = "query ($id: ID!) { node(id: $id) { id ... on Product { groups { id } } } }"
            for one in ids:
                body = {"query": query, "variables": {"id": one}}
                headers = {"cache-control": "no-cache"}
                response = await gateway.http.post("/graphql", json=body, headers=headers)
                assert "errors" not in response.json()
        calls = await gateway.samples("groupgate_upstream_calls_total")
    assert sorted(f"{vendor} {operation}" for operation, _, vendor in calls) == [
        "AXIM GET /productGroup/all",
        "AXIM GET /productGroup/{id}",
        "AXIM GET /products",
        "DODO GET /product-collections",
        "DODO GET /product-collections/{id}",
        "DODO GET /products",
        "DODO GET /products/{id}",
        "TWO_CHECKOUT GET /productgroups/",
        "TWO_CHECKOUT GET /productgroups/{id}/",
        "TWO_CHECKOUT GET /products/",
        "TWO_CHECKOUT GET /products/{id}/",
    ]


@pytest.mark.parametrize(
    ("key", "method", "target", "operation"),
    [
        ("DODO", "POST", "/product-collections/pdc_1/unarchive", "{}/unarchive"),
        ("DODO", "PATCH", "/product-collections/pdc_1/groups/a%2Fb", "{}/groups/{{id}}"),
        (
            "DODO",
            "DELETE",
            "/product-collections/pdc_1/groups/g/items/i",
            "{}/groups/{{id}}/items/{{id}}",
        ),
        ("AXIM", "POST", "/productGroup/create", "/productGroup/create"),
        ("AXIM", "PUT", "/productGroup/7", "/productGroup/{{id}}"),
        (
            "TWO_CHECKOUT",
            "POST",
            "/products/A/productgroups/B/",
            "/products/{{id}}/productgroups/{{id}}/",
        ),
        ("TWO_CHECKOUT", "GET", "/products/?Limit=200&Page=1", "/products/"),
    ],
)
def test_operations_of_writes_have_no_ids(
    key: str, method: str, target: str, operation: str
) -> None:
    words = import_module(f"groupgate.providers.{key.lower()}").PATH_WORDS
    expected = operation.format("/product-collections/{id}")
    request = UpstreamRequest(method=method, target=target)
    assert operation_of(request, words) == f"{method} {expected}"
