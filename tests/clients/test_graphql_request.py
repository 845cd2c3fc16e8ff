"""graphql-request."""

from tests.clients.failures import FAILURES
from tests.clients.node_package import NodePackage


def test_graphql_request_answers_or_throws_what_the_gateway_told(
    node: NodePackage, gateway: str
) -> None:
    """Whatever the status: an error is told as GraphQL, with its code."""
    told = node.answer("graphql-request.mjs", gateway)
    assert told == {"provider": "Axim Commerce", "renamed": "Lamps", "failures": FAILURES}
