"""graphql-eslint: its rules for schemas, for Relay and for operations."""

import json
from pathlib import Path

from tests.clients.node_package import NodePackage

ROOT = Path(__file__).parents[2]


def test_schema_and_documents_follow_the_rules(node: NodePackage) -> None:
    """The configuration explains the exceptions."""
    config = node.folder / "eslint.config.mjs"
    documents = sorted((node.folder / "documents").iterdir())
    files = [str(one) for one in (ROOT / "schema.graphql", *documents)]
    output = node.tool("eslint", "--config", str(config), "--format", "json", *files, cwd=ROOT)
    assert [(one["filePath"], one["messages"]) for one in json.loads(output)] == [
        (one, []) for one in files
    ]
