"""urql, with its document cache."""

from tests.clients.failures import FAILURES
from tests.clients.node_package import NodePackage


def test_urql_caches_queries_by_get_until_a_mutation(node: NodePackage, gateway: str) -> None:
    """A query from the cache sends nothing; a mutation of a group invalidates it."""
    result = node.run_json("urql.mjs", gateway)
    assert result == {
        "sent": [["GET", 200], ["POST", 200], ["GET", 200]],
        "cache": ["miss", "hit", "miss"],
        "renamed": "Lamps",
        "failures": FAILURES,
    }
