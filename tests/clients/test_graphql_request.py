"""graphql-request."""

from tests.clients.failures import FAILURES
from tests.clients.node_package import NodePackage


def test_graphql_request_returns_data_and_throws_errors(node: NodePackage, gateway: str) -> None:
    """An error has its code, whatever the status."""
    result = node.run_json("graphql-request.mjs", gateway)
    assert result == {"provider": "Axim Commerce", "renamed": "Lamps", "failures": FAILURES}
