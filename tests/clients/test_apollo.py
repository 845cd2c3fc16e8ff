"""Apollo Client, with its normalised cache and its persisted queries."""

from tests.clients.failures import FAILURES
from tests.clients.node_package import NodePackage

COATS = [
    "Agnes wool coat",
    "Elsa wool coat",
    "Freja wool coat",
    "Linnea wool coat",
    "Saga wool coat",
    "Agnes linen shirt",
]


def test_every_object_has_one_entry_in_the_cache(node: NodePackage, gateway: str) -> None:
    """Objects are read in two groups and page by page; a mutation updates all of them."""
    result = node.run_json("apollo/cache.mjs", gateway)
    assert result == {
        "possibleTypes": {
            "Node": ["Provider", "ProductCollection", "Group", "Product"],
            "UserError": [
                "InvalidInputError",
                "NotFoundError",
                "ConflictError",
                "UnsupportedError",
                "IncompleteError",
            ],
        },
        "women": COATS,
        "clothing": COATS,
        "products": 6,
        "onInterface": True,
        "renamed": "Ladies",
    }


def test_errors_arrive_with_partial_data(node: NodePackage, gateway: str) -> None:
    """Errors have their codes, whatever the status."""
    assert node.run_json("apollo/errors.mjs", gateway) == {"failures": FAILURES}


def test_a_document_is_sent_once_and_then_its_hash_by_get(node: NodePackage, gateway: str) -> None:
    """The first hash is unknown; the second request has the same hash and other variables."""
    assert node.run_json("apollo/persisted.mjs", gateway) == {
        "names": ["Axim Commerce", "Dodo Payments"],
        "requests": [["GET", 400], ["POST", 200], ["GET", 200]],
    }
