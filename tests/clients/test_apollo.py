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
    """Read in two groups, and page by page; what a mutation answers is seen by all readers."""
    told = node.answer("apollo/cache.mjs", gateway)
    assert told == {
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


def test_errors_come_with_the_data_there_is(node: NodePackage, gateway: str) -> None:
    """And with their codes, whatever the status."""
    assert node.answer("apollo/errors.mjs", gateway) == {"failures": FAILURES}


def test_a_document_is_sent_once_and_then_its_hash_by_get(node: NodePackage, gateway: str) -> None:
    """The first hash is not known; the second time the variables differ, not the hash."""
    assert node.answer("apollo/persisted.mjs", gateway) == {
        "names": ["Axim Commerce", "Dodo Payments"],
        "requests": [["GET", 400], ["POST", 200], ["GET", 200]],
    }
