"""Supergraphs, composed by the libraries of Apollo and The Guild, and a router over one."""

from pathlib import Path

import httpx

from groupgate.schema.build import schema_sdl
from groupgate.schema.federation import ENTITIES, subgraph_of
from tests.cli.test_processes import started
from tests.clients.node_package import NodePackage
from tests.listening import free_port

ORDERS = Path(__file__).parent / "orders.graphql"


def test_the_subgraph_composes_with_another_one(node: NodePackage, tmp_path: Path) -> None:
    """Both libraries join each entity by its id, and neither has an error or a hint."""
    own = tmp_path / "groupgate.graphql"
    own.write_text(subgraph_of(schema_sdl()), "utf-8")
    compositions = node.run_json("compose.mjs", f"groupgate={own}", f"orders={ORDERS}")
    assert len(compositions) == len(["Apollo", "The Guild"])
    for composition in compositions:
        assert composition["errors"] == []
        assert composition["hints"] == []
        for name in ENTITIES:
            supergraph = composition["supergraph"]
            (declared,) = (one for one in supergraph.split("\n\n") if _declares(one, name))
            assert 'join__type(graph: GROUPGATE, key: "id")' in declared
        assert "_entities" not in composition["supergraph"]


def _declares(text: str, name: str) -> bool:
    return any(
        line.split()[:2] == ["type", name] for line in text.splitlines() if line.startswith("type")
    )


def test_a_router_joins_products_with_the_orders_of_a_shop(
    node: NodePackage, tmp_path: Path
) -> None:
    """From an order to its product and the product's groups, and from a product to its orders."""
    own = tmp_path / "groupgate.graphql"
    own.write_text(subgraph_of(schema_sdl()), "utf-8")
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    arguments = ("serve", "--sandbox", "--federation", "--port", str(port))
    with started(*arguments, cwd=tmp_path, alive=f"{base}/healthz"):
        query = "{ provider(key: TWO_CHECKOUT) { products(first: 1) { nodes { id name } } } }"
        response = httpx.post(f"{base}/graphql", json={"query": query}).json()
        (product,) = response["data"]["provider"]["products"]["nodes"]
        query = f'{{ product(id: "{product["id"]}") {{ groups {{ name }} }} }}'
        response = httpx.post(f"{base}/graphql", json={"query": query}).json()
        groups = response["data"]["product"]["groups"]
        orders, joined = node.run_json(
            "router.mjs", str(own), f"{base}/graphql", str(ORDERS), product["id"]
        )
    named = {"name": product["name"], "groups": groups}
    assert orders == {
        "data": {
            "orders": {"nodes": [{"id": "1", "product": named}, {"id": "2", "product": named}]}
        }
    }
    assert joined == {
        "data": {"product": {"name": product["name"], "orders": [{"id": "1"}, {"id": "2"}]}}
    }
