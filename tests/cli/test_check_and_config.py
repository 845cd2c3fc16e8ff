"""`groupgate check` and `groupgate config`: what is tried, what is printed, and no secret."""

import asyncio
import json
import os
import socket
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from typer.testing import CliRunner

from groupgate.cli.main import app
from groupgate.sandbox.app import Sandbox
from tests.app.auth.issuer import P256, jwk
from tests.app.redis.server import RedisServer
from tests.cli.test_commands import VENDOR_VARIABLES

TOKEN = f"ci sha256:{sha256(b's3cret').hexdigest()} read\n"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to an empty folder, without variables of groupgate."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(VENDOR_VARIABLES)]:
        monkeypatch.delenv(name)


def invoke(command: str, variables: Mapping[str, str], status: int = 0) -> tuple[str, str]:
    """Run a command; return standard output and standard error."""
    done = CliRunner().invoke(app, [command], env=dict(variables))
    assert done.exit_code == status, (done.exception, done.output)
    return done.stdout, done.stderr


def rows(output: str) -> dict[str, tuple[str, str]]:
    """Return the result and the detail of each subject in the table."""
    head, *lines = output.splitlines()
    result, detail = head.index("Result"), head.index("Detail")
    return {
        line[:result].strip(): (line[result : result + 6].strip(), line[detail:]) for line in lines
    }


@contextmanager
def vendors() -> Iterator[dict[str, str]]:
    """Serve the simulators; yields the variables of Dodo Payments."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sandbox, port = Sandbox(), listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(sandbox, ws="none", log_config=None))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        given = sandbox.environment(f"http://127.0.0.1:{port}")
        try:
            yield {name: value for name, value in given.items() if name.startswith("DODO_")}
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def issuer(body: bytes) -> Iterator[dict[str, str]]:
    """Serve keys; yields the variables of their issuer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_given: object) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield {
                "GROUPGATE_JWT_ISSUER": "https://issuer.example",
                "GROUPGATE_JWT_AUDIENCE": "groupgate",
                "GROUPGATE_JWT_JWKS_URL": f"http://127.0.0.1:{server.server_port}/keys",
            }
        finally:
            server.shutdown()
            thread.join()


def test_check_tries_everything_that_the_settings_name() -> None:
    Path("tokens").write_text(TOKEN, encoding="utf-8")
    Path("manifest.json").write_text('{"a": "{ __typename }", "b": "{ a: __typename }"}')
    keys = json.dumps({"keys": [jwk(P256, "one")]}).encode()
    files = {"GROUPGATE_TOKENS_FILE": "tokens", "GROUPGATE_TRUSTED_DOCUMENTS": "manifest.json"}
    with vendors() as dodo, issuer(keys) as jwt, RedisServer("s3cret") as redis:
        output, _ = invoke("check", dodo | jwt | files | {"GROUPGATE_REDIS_URL": redis.url})
    assert rows(output) == {
        "Tokens": ("ok", "1 token"),
        "Trusted documents": ("ok", "2 documents"),
        "Redis": ("ok", ""),
        "Keys of the JWT issuer": ("ok", "1 key"),
        "Dodo Payments": ("ok", ""),
    }


def test_check_shows_every_service_that_does_not_work() -> None:
    dead = {
        "DODO_PAYMENTS_API_KEY": "s3cret",
        "DODO_PAYMENTS_BASE_URL": "http://127.0.0.1:9",
        "GROUPGATE_REDIS_URL": "redis://:s3cret@127.0.0.1:9",
    }
    with issuer(b'{"keys": []}') as jwt:
        output, errors = invoke("check", dead | jwt, 1)
    assert rows(output) == {
        "Redis": ("failed", "Redis could not be reached, or stores nothing."),
        "Keys of the JWT issuer": ("failed", "The issuer has no keys."),
        "Dodo Payments": (
            "failed",
            "Dodo Payments could not be reached: the connection was refused.",
        ),
    }
    assert "s3cret" not in output + errors


def test_check_says_why_the_keys_cannot_be_read() -> None:
    with vendors() as dodo, issuer(b"<html>") as jwt:
        output, _ = invoke("check", dodo | jwt, 1)
    result, detail = rows(output)["Keys of the JWT issuer"]
    assert result == "failed"
    assert detail.startswith("The keys could not be read: JSON is malformed")


def test_check_logs_its_results_if_the_log_is_json() -> None:
    given = {"GROUPGATE_LOG_FORMAT": "json", "GROUPGATE_TOKENS": TOKEN.strip()}
    with vendors() as dodo, issuer(b'{"keys": []}') as jwt:
        output, errors = invoke("check", dodo | jwt | given, 1)
    lines: list[dict[str, Any]] = [json.loads(line) for line in errors.splitlines()]
    for line in lines:
        assert line.pop("timestamp")
        line.pop("milliseconds", None)
    assert output == ""
    assert lines == [
        {"event": "check_passed", "level": "info", "subject": "Tokens", "detail": "1 token"},
        {
            "event": "check_failed",
            "level": "error",
            "subject": "Keys of the JWT issuer",
            "problem": "The issuer has no keys.",
        },
        {"event": "check_passed", "level": "info", "subject": "Dodo Payments"},
    ]


def test_config_prints_each_setting_with_its_source() -> None:
    Path("gate.toml").write_text("GROUPGATE_CACHE_TTL = 1.5\nDEADLINE = 3\n", encoding="utf-8")
    Path(".env").write_text("GROUPGATE_LOG_LEVEL=WARNING\n", encoding="utf-8")
    Path("key").write_text("s3cret\n", encoding="utf-8")
    given = {
        "GROUPGATE_CONFIG": "gate.toml",
        "GROUPGATE_CORS_ORIGINS": "https://a.example,https://b.example",
        "GROUPGATE_REDIS_URL": "redis://me:s3@cret@redis:6379/0",
        "GROUPGATE_TOKENS": TOKEN.strip(),
        "GROUPGATE_TRUSTED_DOCUMENTS": "manifest.json",
        "DODO_PAYMENTS_API_KEY_FILE": "key",
        "DODO_PAYMENTS_ENVIRONMENT": "LIVE_MODE",
    }
    output, errors = invoke("config", given)
    lines = output.splitlines()
    for line in (
        "GROUPGATE_CACHE_TTL = 1.5  # gate.toml",
        'GROUPGATE_LOG_LEVEL = "warning"  # .env',
        'GROUPGATE_CORS_ORIGINS = ["https://a.example", "https://b.example"]  # environment',
        'GROUPGATE_REDIS_URL = "redis://***@redis:6379/0"  # environment',
        'GROUPGATE_TOKENS = "***"  # environment',
        'GROUPGATE_TRUSTED_DOCUMENTS = "manifest.json"  # environment',
        'DODO_PAYMENTS_API_KEY = "***"  # environment, file key',
        'DODO_PAYMENTS_ENVIRONMENT = "live_mode"  # environment',
        'DODO_PAYMENTS_BASE_URL = "https://live.dodopayments.com"  # default',
        'GROUPGATE_ANONYMOUS = "none"  # default',
        "GROUPGATE_DODO_RATE_PER_MINUTE = 240  # default",
        "GROUPGATE_EXPLORER = true  # default",
        "# AXIM_ACCESS_TOKEN is not set",
        "# GROUPGATE_AXIM_RATE_PER_MINUTE is not set",
    ):
        assert line in lines
    assert tomllib.loads(output)["GROUPGATE_DEADLINE"] == 10
    assert "s3cret" not in output + errors
    assert "s3@" not in output
    assert "cret@" not in output
    assert TOKEN.split()[1] not in output
    (warning,) = errors.splitlines()
    assert "setting_unknown" in warning
    assert "nearest=GROUPGATE_DEADLINE setting=DEADLINE source=gate.toml" in warning


def test_config_prints_named_accounts_as_comments() -> None:
    accounts = [
        '[[accounts]]\nname = "eu"\nvendor = "DODO"\nDODO_PAYMENTS_API_KEY = "s3cret"\n',
        '[[accounts]]\nname = "us"\nvendor = "DODO"\nDODO_PAYMENTS_API_KEY = { file = "key" }\n',
    ]
    Path("accounts.toml").write_text("".join(accounts), encoding="utf-8")
    Path("key").write_text("s3cret\n", encoding="utf-8")
    output, _ = invoke("config", {"GROUPGATE_ACCOUNTS": "accounts.toml"})
    first, second, *_ = output.partition("# Dodo Payments (eu)\n")[2].split("\n\n")
    assert first.splitlines() == [
        '# DODO_PAYMENTS_API_KEY = "***"  # accounts.toml, the account eu of DODO',
        '# DODO_PAYMENTS_ENVIRONMENT = "test_mode"  # default',
        '# DODO_PAYMENTS_BASE_URL = "https://test.dodopayments.com"  # default',
    ]
    assert second.splitlines()[:2] == [
        "# Dodo Payments (us)",
        '# DODO_PAYMENTS_API_KEY = "***"  # accounts.toml, the account us of DODO',
    ]
    assert "s3cret" not in output


def test_the_file_can_be_named_by_an_option_of_each_command() -> None:
    Path("gate.toml").write_text("GROUPGATE_DEADLINE = inf\n", encoding="utf-8")
    for command in ("serve", "check", "config"):
        done = CliRunner().invoke(app, [command, "--config", "gate.toml"])
        sentence = "groupgate: GROUPGATE_DEADLINE (gate.toml) must be a finite number.\n"
        assert (done.exit_code, done.stderr) == (2, sentence)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_the_commands(shell: str) -> None:
    words = {
        "bash": {"COMP_WORDS": "groupgate c", "COMP_CWORD": "1"},
        "zsh": {"_TYPER_COMPLETE_ARGS": "groupgate c"},
        "fish": {"_TYPER_COMPLETE_ARGS": "groupgate c", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }
    environment = {"_GROUPGATE_COMPLETE": f"complete_{shell}", **words[shell]}
    done = CliRunner().invoke(app, [], prog_name="groupgate", env=environment)
    assert "check" in done.stdout
    assert "config" in done.stdout
    assert "serve" not in done.stdout
