"""`groupgate serve`: with real keys it is open to this machine only, unless told otherwise."""

from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp
from typer.testing import CliRunner

from groupgate.cli.main import app

HOST = "gateway.example"


class Served:
    """Stands in for the server: keeps what it is to serve."""

    app: ASGIApp | None = None

    def __call__(self, app: ASGIApp, *_given: Any, **_named: Any) -> None:
        self.app = app


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Served:
    """What is served, where Dodo is configured and nothing else."""
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    monkeypatch.setenv("DODO_PAYMENTS_API_KEY", "s3cret")
    kept = Served()
    monkeypatch.setattr("groupgate.cli.serve.run_server", kept)
    return kept


async def status_for(served: Served, host: str) -> int:
    """The status of an answer to a request under this name."""
    assert served.app is not None
    transport = httpx.ASGITransport(app=served.app)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        return (await client.post("/graphql", json={"query": "{ __typename }"})).status_code


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7"])
def test_open_to_others_it_does_not_start(served: Served, host: str) -> None:
    told = CliRunner().invoke(app, ["serve", "--host", host])
    assert told.exit_code == 2
    assert told.stderr == (
        f"groupgate: On {host}, others than you could use your vendor keys: set "
        "GROUPGATE_TOKENS_FILE, GROUPGATE_TOKENS or GROUPGATE_JWT_ISSUER, or allow it by "
        "GROUPGATE_ANONYMOUS=read or GROUPGATE_ANONYMOUS=write.\n"
    )
    assert served.app is None


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
async def test_on_loopback_it_starts_for_this_machine_and_says_so(
    served: Served, host: str
) -> None:
    told = CliRunner().invoke(app, ["serve", "--host", host])
    assert told.exit_code == 0
    assert told.stderr.count("open_to_this_machine") == 1
    assert await status_for(served, "localhost:8000") == 200
    assert await status_for(served, HOST) == 421


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("variable", "value", "status"),
    [
        ("GROUPGATE_ANONYMOUS", "write", 200),
        ("GROUPGATE_ANONYMOUS", "read", 200),
        ("GROUPGATE_TOKENS", f"ci sha256:{'0' * 64} read", 401),
    ],
)
async def test_told_so_or_with_tokens_it_starts_anywhere(
    served: Served, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, status: int
) -> None:
    monkeypatch.setenv(variable, value)
    told = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0"])
    assert told.exit_code == 0
    assert "open_to_this_machine" not in told.stderr
    assert await status_for(served, HOST) == status


@pytest.mark.anyio
async def test_the_sandbox_starts_anywhere(served: Served) -> None:
    told = CliRunner().invoke(app, ["serve", "--sandbox", "--host", "0.0.0.0"])
    assert told.exit_code == 0
    assert await status_for(served, HOST) == 200


def test_a_tokens_file_that_is_not_there_ends_the_start(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUPGATE_TOKENS_FILE", "missing")
    told = CliRunner().invoke(app, ["serve"])
    assert told.exit_code == 2
    assert told.stderr == "groupgate: GROUPGATE_TOKENS_FILE: missing: No such file or directory.\n"
    assert served.app is None
