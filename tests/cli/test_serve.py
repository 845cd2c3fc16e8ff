"""`groupgate serve`: when it starts, and on which addresses."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp
from typer.testing import CliRunner

from groupgate.cli.main import app
from groupgate.cli.server import Service

HOST = "gateway.example"


class Served:
    """Replaces the server and stores the app."""

    app: ASGIApp | None = None

    def __call__(self, service: Service, *_given: Any) -> None:
        self.app = service.app


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Served:
    """Replace the server, with only Dodo Payments configured."""
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    monkeypatch.setenv("DODO_PAYMENTS_API_KEY", "s3cret")
    kept = Served()
    monkeypatch.setattr("groupgate.cli.serve.run_server", kept)
    return kept


async def status_for(served: Served, host: str) -> int:
    """Return the status of a response to a request with this Host."""
    assert served.app is not None
    transport = httpx.ASGITransport(app=served.app)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        return (await client.post("/graphql", json={"query": "{ __typename }"})).status_code


async def mode_of(served: Served) -> str:
    """Return the mode that `/readyz` reports."""
    assert served.app is not None
    transport = httpx.ASGITransport(app=served.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        mode: str = (await client.get("/readyz")).json()["mode"]
        return mode


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7"])
def test_without_tokens_serve_does_not_start_on_other_addresses(served: Served, host: str) -> None:
    result = CliRunner().invoke(app, ["serve", "--host", host])
    assert result.exit_code == 2
    assert result.stderr == (
        f"groupgate: On {host}, other machines could use your vendor keys: set "
        "GROUPGATE_TOKENS_FILE, GROUPGATE_TOKENS or GROUPGATE_JWT_ISSUER, or allow anonymous "
        "callers with GROUPGATE_ANONYMOUS=read or GROUPGATE_ANONYMOUS=write.\n"
    )
    assert served.app is None


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
async def test_without_tokens_serve_starts_on_loopback_for_this_machine_only(
    served: Served, host: str
) -> None:
    result = CliRunner().invoke(app, ["serve", "--host", host])
    assert result.exit_code == 0
    assert result.stderr.count("loopback_access_opened") == 1
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
async def test_with_tokens_or_explicit_anonymous_access_serve_starts_anywhere(
    served: Served, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, status: int
) -> None:
    monkeypatch.setenv(variable, value)
    result = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0"])
    assert result.exit_code == 0
    assert "loopback_access_opened" not in result.stderr
    assert await status_for(served, HOST) == status


@pytest.mark.anyio
async def test_the_sandbox_starts_anywhere(served: Served) -> None:
    """The line and `/readyz` say that it is one."""
    result = CliRunner().invoke(app, ["serve", "--sandbox", "--host", "0.0.0.0"])
    assert result.exit_code == 0
    assert result.stderr.splitlines()[-1] == (
        "Sandbox with simulated vendors: Axim Commerce, Dodo Payments, 2Checkout. "
        "Explorer: http://0.0.0.0:8000/"
    )
    assert await status_for(served, HOST) == 200
    assert await mode_of(served) == "sandbox"


NO_VENDOR = (
    "groupgate: No vendor is configured. Set AXIM_ACCESS_TOKEN and AXIM_BASE_URL for Axim "
    "Commerce, or DODO_PAYMENTS_API_KEY for Dodo Payments, or TWOCHECKOUT_MERCHANT_CODE and "
    "TWOCHECKOUT_SECRET_KEY for 2Checkout. To simulate the vendors, use --sandbox.\n"
)


@pytest.mark.parametrize("misspelt", [{}, {"DODO_PAYMENT_API_KEY": "s3cret"}])
def test_without_a_vendor_serve_does_not_start(
    served: Served, monkeypatch: pytest.MonkeyPatch, misspelt: dict[str, str]
) -> None:
    """Simulated vendors must be requested: invented data must not look like a working gateway."""
    monkeypatch.delenv("DODO_PAYMENTS_API_KEY")
    for name, value in misspelt.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["serve"])
    *warnings, sentence = result.stderr.splitlines(keepends=True)
    assert (result.exit_code, sentence) == (2, NO_VENDOR)
    assert ["setting_unknown" in line for line in warnings] == [True for _ in misspelt]
    assert served.app is None


AXIM = {"AXIM_ACCESS_TOKEN": "s3cret", "AXIM_BASE_URL": "https://axim.example"}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("variables", "mode", "line"),
    [
        ({}, "test", "Serving Dodo Payments (test)."),
        ({"DODO_PAYMENTS_ENVIRONMENT": "live_mode"}, "live", "Serving Dodo Payments (live)."),
        (
            {"DODO_PAYMENTS_BASE_URL": "http://127.0.0.1:9"},
            "live",
            "Serving Dodo Payments (live).",
        ),
        (AXIM, "live", "Serving Axim Commerce, Dodo Payments (live)."),
    ],
)
async def test_readyz_and_the_first_line_have_the_mode(
    served: Served,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    mode: str,
    line: str,
) -> None:
    """A host that no vendor documents for tests may be its production."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, ["serve"])
    assert result.stderr.splitlines()[-1] == f"{line} Explorer: http://127.0.0.1:8000/"
    assert await mode_of(served) == mode


def test_a_missing_tokens_file_prevents_startup(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUPGATE_TOKENS_FILE", "missing")
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 2
    assert (
        result.stderr == "groupgate: GROUPGATE_TOKENS_FILE: missing: No such file or directory.\n"
    )
    assert served.app is None


def test_a_missing_manifest_prevents_startup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUPGATE_TRUSTED_DOCUMENTS", "missing.json")
    result = CliRunner().invoke(app, ["serve", "--sandbox"])
    assert result.exit_code == 2
    assert result.stderr == (
        "groupgate: GROUPGATE_TRUSTED_DOCUMENTS: missing.json: No such file or directory.\n"
    )
