"""A gateway process, and the clients that are run against it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_processes import started
from tests.clients.node_package import NodePackage
from tests.listening import free_port


@pytest.fixture(scope="session")
def node() -> NodePackage:
    """Install the clients that run on Node."""
    package = NodePackage(folder=Path(__file__).parent / "web")
    package.install()
    return package


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a gateway over new simulators and return the URL of its API."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    arguments = ("serve", "--sandbox", "--port", str(port))
    folder = tmp_path_factory.mktemp("gateway")
    with started(*arguments, cwd=folder, alive=f"{base}/healthz"):
        yield f"{base}/graphql"
