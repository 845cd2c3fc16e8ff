"""Compiled plans return the same responses as graphql-core."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, get_variable_values, parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes
from hypothesis_graphql import queries as any_query

from groupgate.app.compiled.cache import QueryPlans
from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.sandbox.app import Sandbox
from groupgate.schema.build import build_schema
from groupgate.schema.ids import encode_id
from groupgate.upstream import breaker

Compare = Any

SETTINGS = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class FailingVendor(httpx.AsyncBaseTransport):
    """The simulators; every call to the vendor whose path contains `failing` is answered 500."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.failing = ""
        self._sandbox = httpx.ASGITransport(app=sandbox)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.failing and self.failing in request.url.path:
            return httpx.Response(500)
        return await self._sandbox.handle_async_request(request)


@pytest.fixture(scope="module")
def compare() -> Iterator[Compare]:
    """Return a function that sends a query to a gateway with plans and to one without."""
    sandbox = Sandbox(unlimited=True)
    transport = FailingVendor(sandbox)
    upstream = Settings.model_construct(cache_ttl=0, cache_stale_if_error=0)
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        # The state of the vendors must not change between the two responses.
        patch.setattr(breaker, "MIN_CALLS", sys.maxsize)
        patch.setattr(breaker.HealthTracker, "record_trouble", lambda _tracker: None)
        runner = stack.enter_context(asyncio.Runner())
        clients = []
        for is_compiled in (True, False):
            own = Settings.model_construct(compiled_plans=is_compiled, max_points=10_000_000)
            vendors = connect(
                sandbox.environment("http://sandbox"), lambda: transport, settings=upstream
            )
            app = create_app(vendors, own)
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app), base_url="http://gateway"
            )
            stack.callback(close, runner, client)
            clients.append(client)

        def compare(
            query: str, variables: dict[str, Any] | None = None, failing: str = ""
        ) -> dict[str, Any]:
            transport.failing = failing
            body = {"query": query, "variables": variables or {}}
            responses = [runner.run(client.post("/graphql", json=body)) for client in clients]
            first, second = (normalized(response) for response in responses)
            assert first == second
            return json.loads(responses[0].content)  # type: ignore[no-any-return]

        yield compare


def close(runner: asyncio.Runner, client: httpx.AsyncClient) -> None:
    runner.run(client.aclose())


def normalized(response: httpx.Response) -> str:
    """Return the response without what differs between two requests; the key order counts.

    graphql-core reports errors in the order in which they occur.
    """
    body = json.loads(response.content)
    for error in body.get("errors", ()):
        error.get("extensions", {}).pop("requestId", None)
        error.get("extensions", {}).pop("cause", None)
    if "errors" in body:
        body["errors"].sort(key=json.dumps)
    return json.dumps(body)


CATALOG = """
query Catalog($first: Int! = 3, $more: Boolean! = false, $less: Boolean! = false) {
  all: providers { __typename key name ...Lists status { state since } }
  one: provider(key: DODO) {
    supports(capability: GROUP_CREATE)
    productCollections(first: 1) { nodes { groups(first: 1) { edges { cursor node { id
      products(first: 2) { edges { cursor status node { id price { amount currencyCode } } } }
    } } } } }
  }
  provider(key: AXIM) @include(if: $more) { name }
  hidden: provider(key: AXIM) @skip(if: $less) { id ...Lists @include(if: $more) }
}
fragment Lists on Provider {
  productCollections(first: $first) { totalCount pageInfo { hasNextPage endCursor }
    nodes { id nativeId name createdAt groups(first: 2) { nodes { ... on Group { name status } name
      products(first: 2) { totalCount nodes { name sku isRecurring } } } } } }
  products(first: 2, search: "a") { nodes { ... on Node { id } name status groups { name } } }
}
"""


@pytest.mark.parametrize("failing", ["", "/product-collections", "/productGroup", "/products"])
@pytest.mark.parametrize("more", [True, False])
@pytest.mark.parametrize("less", [True, False])
def test_a_catalogue_with_fragments_aliases_and_directives(
    compare: Compare, failing: str, *, more: bool, less: bool
) -> None:
    body = compare(CATALOG, {"more": more, "less": less}, failing)
    assert ("errors" in body) is bool(failing)
    assert ("provider" in body["data"]) is more
    assert ("hidden" in body["data"]) is not less


UNKNOWN = encode_id(CollectionRef(provider=ProviderKey.DODO, native_id="pdc_unknown"))


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ node(id: $id) { id } }", {}),
        ('{ node(id: "nonsense") { id } }', {}),
        ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["nonsense", UNKNOWN]}),
        ("query ($id: ID!) { productCollection(id: $id) { name } }", {"id": UNKNOWN}),
        ("query ($n: Int! = 0) { providers { products(first: $n) { totalCount } } }", {}),
        ("query ($if: Boolean = true) { providers @skip(if: $if) { key } }", {"if": None}),
        ("{ __schema { queryType { name } } providers { key } }", {}),
        ("{ __typename a: __typename }", {}),
        ("query A { providers { key } } query B { providers { id } }", {}),
    ],
)
def test_errors_nulls_and_introspection(
    compare: Compare, query: str, variables: dict[str, Any]
) -> None:
    compare(query, variables)


SCHEMA = build_schema().as_str()
SCALARS = {
    "DateTime": st.just(nodes.String("2026-01-01T00:00:00Z")),
    "Decimal": st.just(nodes.String("1")),
}


@pytest.mark.slow
@SETTINGS
@given(any_query(SCHEMA, custom_scalars=SCALARS), st.sampled_from(["", "/product-collections"]))
def test_generated_queries(compare: Compare, query: str, failing: str) -> None:
    compare(query, failing=failing)


def core_schema() -> GraphQLSchema:
    return build_schema()._schema


@pytest.mark.parametrize("query", ["{ providers { key } }", CATALOG])
def test_queries_are_compiled(query: str) -> None:
    """The comparison would be of no use if every query went to graphql-core."""
    schema = core_schema()
    document = parse(query)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    variables = get_variable_values(schema, operation.variable_definitions or (), {})
    assert not isinstance(variables, list)
    plans = QueryPlans(schema)
    plan = plans.find(document, operation, query, variables)
    assert plan is not None
    assert plans.find(document, operation, query, variables) is plan
