"""urql, with its document cache."""

from tests.clients.failures import FAILURES
from tests.clients.node_package import NodePackage


def test_urql_reads_by_get_from_its_cache_and_anew_after_a_change(
    node: NodePackage, gateway: str
) -> None:
    """A query answered from the cache sends nothing; a mutation of a group ends that."""
    told = node.answer("urql.mjs", gateway)
    assert told == {
        "sent": [["GET", 200], ["POST", 200], ["GET", 200]],
        "cache": ["miss", "hit", "miss"],
        "renamed": "Lamps",
        "failures": FAILURES,
    }
