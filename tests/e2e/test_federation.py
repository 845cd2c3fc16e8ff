"""The gateway as a subgraph: entities cost what `node` costs, and obey the same limits."""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import pytest

from groupgate.app.settings import Settings
from groupgate.schema.build import schema_sdl
from groupgate.schema.federation import subgraph_of
from tests.e2e.gateway import Gateway, open_gateway, take_counts

pytestmark = pytest.mark.anyio

FIELDS = """
  __typename
  ... on Provider { key vendor: name }
  ... on ProductCollection { id collection: name }
  ... on Group { id group: name products(first: 2) { nodes { id name } } }
  ... on Product { id product: name imageUrl }
"""
ENTITIES = f"query ($all: [_Any!]!) {{ _entities(representations: $all) {{ {FIELDS} }} }}"
NODE = f"query ($id: ID!) {{ node(id: $id) {{ {FIELDS} }} }}"
IDS = """
query ($key: ProviderKey!) { provider(key: $key) {
  id __typename
  productCollections(first: 1) { nodes { id __typename
    groups(first: 2) { nodes { id __typename products(first: 2) { nodes { id __typename } } } } } }
} }
"""


@pytest.fixture
async def subgraph() -> AsyncIterator[Gateway]:
    """Open a subgraph over a sandbox of its own."""
    async with open_gateway(federation=True) as opened:
        yield opened


async def representations(gateway: Gateway, key: str) -> list[dict[str, str]]:
    """Return a vendor, a collection, two groups and four products; forget the calls."""
    found: list[dict[str, str]] = []

    def collect(value: Any) -> None:
        if isinstance(value, list):
            for one in value:
                collect(one)
        elif isinstance(value, dict):
            if "id" in value:
                found.append({"__typename": value["__typename"], "id": value["id"]})
            for one in value.values():
                collect(one)

    collect((await gateway.data(IDS, key=key))["provider"])
    gateway.clear_calls()
    return found


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("key", ["DODO", "AXIM", "TWO_CHECKOUT"])
async def test_an_entity_is_what_node_returns_and_costs_no_more_calls(
    key: str, *, compiled: bool
) -> None:
    settings = Settings.model_construct(compiled_plans=compiled)
    async with open_gateway(settings=settings, federation=True) as subgraph:
        kinds = []
        for one in await representations(subgraph, key):
            node = (await subgraph.data(NODE, id=one["id"]))["node"]
            calls = take_counts(subgraph)
            (entity,) = (await subgraph.data(ENTITIES, all=[one]))["_entities"]
            assert entity == node
            assert take_counts(subgraph) == calls
            kinds.append(entity["__typename"])
        assert sorted(set(kinds)) == ["Group", "Product", "ProductCollection", "Provider"]


async def test_entities_are_loaded_as_one_batch(subgraph: Gateway) -> None:
    """As `nodes` loads them: fifty products of Axim cost one call, and duplicates none."""
    query = "{ provider(key: AXIM) { products(first: 50) { nodes { id } } } }"
    nodes = (await subgraph.data(query))["provider"]["products"]["nodes"]
    subgraph.clear_calls()
    all_ = [{"__typename": "Product", **node} for node in nodes]
    query = "query ($all: [_Any!]!) { _entities(representations: $all) { ... on Product { id } } }"
    data = await subgraph.data(query, all=[*all_, *all_])
    assert data["_entities"] == [*nodes, *nodes]
    assert take_counts(subgraph) == {"AXIM": 1}


@pytest.mark.parametrize(
    ("representation", "message"),
    [
        ("x", "A representation must be an object with `__typename` and `id`."),
        ({"id": "x"}, "`__typename` must be one of Group, Product, ProductCollection, Provider."),
        (
            {"__typename": ["Group"], "id": "x"},
            "`__typename` must be one of Group, Product, ProductCollection, Provider.",
        ),
        ({"__typename": "Group"}, "The representation of a Group must have its `id`."),
        (
            {"__typename": "Group", "id": "x"},
            "The id was not created by this gateway. Send ids exactly as you received them.",
        ),
    ],
)
async def test_an_odd_representation_is_an_error_of_its_own(
    subgraph: Gateway, representation: object, message: str
) -> None:
    all_ = await representations(subgraph, "AXIM")
    response = await subgraph.execute(ENTITIES, all=[representation, all_[0]])
    assert response["data"]["_entities"][0] is None
    assert response["data"]["_entities"][1]["key"] == "AXIM"
    (error,) = response["errors"]
    assert (error["message"], error["path"]) == (message, ["_entities", 0])
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_an_id_of_another_type_is_refused(subgraph: Gateway) -> None:
    provider, collection, *_ = await representations(subgraph, "DODO")
    wrong = {**collection, "__typename": "Group"}
    response = await subgraph.execute(ENTITIES, all=[wrong, provider])
    (error,) = response["errors"]
    assert error["message"] == "The id is the id of a collection, not of a group."
    assert subgraph.call_counts() == {}


async def test_entities_written_into_the_document_are_read(subgraph: Gateway) -> None:
    provider, *_ = await representations(subgraph, "DODO")
    text = f'{{__typename: "Provider", id: "{provider["id"]}"}}'
    query = f"{{ _entities(representations: [{text}]) {{ ... on Provider {{ key }} }} }}"
    assert await subgraph.data(query) == {"_entities": [{"key": "DODO"}]}


async def test_each_representation_costs_a_call_and_a_row(subgraph: Gateway) -> None:
    all_ = (await representations(subgraph, "DODO"))[2:4]
    subgraph.http.headers["Groupgate-Explain"] = "1"
    query = "query ($all: [_Any!]!) { _entities(representations: $all) { ... on Group { name } } }"
    response = await subgraph.execute(query, all=all_)
    estimate = response["extensions"]["cost"]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Group { name } } }"
    response = await subgraph.execute(query, ids=[one["id"] for one in all_])
    assert estimate == response["extensions"]["cost"]


async def test_the_limits_hold() -> None:
    """The limit on representations, and that on the cost of an operation."""
    one = {"__typename": "Group", "id": "x"}
    async with open_gateway(federation=True) as subgraph:
        response = await subgraph.execute(ENTITIES, all=[one] * 1_001)
        (error,) = response["errors"]
        message = "`representations` may contain at most 1,000 entities, not 1,001."
        assert error["message"] == message
    settings = Settings.model_construct(max_points=100)
    async with open_gateway(settings=settings, federation=True) as subgraph:
        response = await subgraph.execute(ENTITIES, all=[one] * 10)
        (error,) = response["errors"]
        assert error["extensions"]["code"] == "DOCUMENT_TOO_COMPLEX"
        assert error["extensions"]["limit"] == "points"
        assert subgraph.call_counts() == {}


async def test_a_caller_reads_only_entities_of_vendors_that_it_may_read() -> None:
    tokens = f"axim sha256:{sha256(b'axim').hexdigest()} read:AXIM"
    settings = Settings.model_construct(tokens=tokens)
    async with open_gateway(federation=True) as other:
        dodo, axim = [(await representations(other, key))[0] for key in ("DODO", "AXIM")]
    async with open_gateway(settings=settings, federation=True) as subgraph:
        subgraph.http.headers["Authorization"] = "Bearer axim"
        data = await subgraph.data(ENTITIES, all=[dodo, axim])
        assert [entity and entity["key"] for entity in data["_entities"]] == [None, "AXIM"]
        subgraph.http.headers["Authorization"] = "Bearer wrong"
        assert (await subgraph.execute(ENTITIES, all=[axim])).get("data") is None


async def test_the_service_prints_the_subgraph(subgraph: Gateway) -> None:
    """The same as `groupgate schema --federation`; without introspection it is refused."""
    data = await subgraph.data("{ _service { sdl } }")
    assert data["_service"]["sdl"] == subgraph_of(schema_sdl())
    settings = Settings.model_construct(introspection=False)
    async with open_gateway(settings=settings, federation=True) as hidden:
        response = await hidden.execute("{ _service { sdl } }")
        (error,) = response["errors"]
        assert error["extensions"]["code"] == "INTROSPECTION_DISABLED"


async def test_without_the_option_there_are_no_such_fields() -> None:
    async with open_gateway() as gateway:
        response = await gateway.execute("{ _service { sdl } }")
        (error,) = response["errors"]
        assert error["message"] == "Cannot query field '_service' on type 'Query'."
