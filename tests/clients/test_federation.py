"""The libraries that compose supergraphs: Apollo's and The Guild's."""

from pathlib import Path

from groupgate.schema.build import schema_sdl
from groupgate.schema.federation import ENTITIES, subgraph_of
from tests.clients.node_package import NodePackage

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
