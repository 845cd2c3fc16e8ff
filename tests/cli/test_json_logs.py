"""`GROUPGATE_LOG_FORMAT=json`: every line of a process is one object. The ports of a process."""

import json
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.app.metrics.scraped import samples
from tests.cli.test_commands import run
from tests.cli.test_processes import started
from tests.listening import free_port

JSON = {"GROUPGATE_LOG_FORMAT": "json"}
GROUPS = "{ provider(key: AXIM) { groups(first: 1) { nodes { id } } } }"
RENAME = """mutation Rename($id: ID!) {
  groupUpdate(id: $id, input: { name: "New" }) { userErrors { code } } }"""


def objects(text: str) -> list[dict[str, Any]]:
    """Return the lines, each of which is one object with a time."""
    lines = [json.loads(line) for line in text.splitlines()]
    assert all(line["timestamp"] and line["event"] for line in lines)
    return lines


def test_a_process_logs_objects_only_and_audits_to_standard_output(tmp_path: Path) -> None:
    """From the start to the stop, with the access log and the audit log."""
    port, metrics = free_port(), free_port()
    base = f"http://127.0.0.1:{port}"
    settings = {
        **JSON,
        "GROUPGATE_ACCESS_LOG": "true",
        "GROUPGATE_AUDIT_LOG": "-",
        "GROUPGATE_METRICS_PORT": str(metrics),
    }
    arguments = ("serve", "--sandbox", "--port", str(port))
    with started(*arguments, cwd=tmp_path, alive=f"{base}/healthz", **settings) as server:
        with httpx.Client(base_url=base, headers={"x-request-id": "r1"}) as client:
            answer = client.post("/graphql", json={"query": GROUPS}).json()
            (group,) = answer["data"]["provider"]["groups"]["nodes"]
            client.post("/graphql", json={"query": RENAME, "variables": group})
            client.post("/graphql", json={"query": "{"})
            text = httpx.get(f"http://127.0.0.1:{metrics}/metrics").text
            assert client.get("/metrics").status_code == 404
        server.send_signal(signal.SIGTERM)
        output, errors = server.communicate(timeout=20)
    logged = objects(errors)
    assert [line["event"] for line in logged] == [
        "server_starting",
        "request",
        "request",
        "request",
        "server_stopping",
        "server_stopped",
    ]
    requests = [line for line in logged if line["event"] == "request"]
    assert [(one["request_id"], one["operation"], one["codes"]) for one in requests] == [
        ("r1", "", []),
        ("r1", "Rename", []),
        ("r1", "", ["GRAPHQL_PARSE_FAILED"]),
    ]
    (audited,) = objects(output)
    assert (audited["event"], audited["request_id"]) == ("mutation", "r1")
    assert (audited["operation"], audited["ids"]) == ("Rename", [group["id"]])
    assert samples(text, "groupgate_open_connections") == {(): 2}
    assert samples(text, "groupgate_requests_total")[("", "Rename", "200", "mutation")] == 1


def test_a_wrong_setting_is_one_object(tmp_path: Path) -> None:
    wrong = JSON | {"GROUPGATE_METRICS_PORT": "70000"}
    ended = run("serve", "--sandbox", cwd=tmp_path, status=2, environment=wrong)
    (line,) = objects(ended.stderr)
    assert line["problem"] == "GROUPGATE_METRICS_PORT must be at most 65535."


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("serve", "--prot", "1"), "No such option: --prot (Possible options: --host, --port)"),
        (("serv",), "No such command 'serv'. Did you mean 'serve'?"),
        (("token",), "Missing argument 'name'."),
    ],
)
def test_wrong_arguments_are_one_object(
    tmp_path: Path, arguments: tuple[str, ...], problem: str
) -> None:
    """Also if `.env` asks for it, as the configuration is not read before."""
    (tmp_path / ".env").write_text("GROUPGATE_LOG_FORMAT=JSON\n", encoding="utf-8")
    ended = run(*arguments, cwd=tmp_path, status=2)
    (line,) = objects(ended.stderr)
    assert (line["level"], line["event"], line["problem"]) == ("error", "command_failed", problem)
    assert ended.stdout == ""


def test_wrong_arguments_are_text_without_the_setting(tmp_path: Path) -> None:
    ended = run("serve", "--port", "0", cwd=tmp_path, status=2)
    assert ended.stderr.splitlines()[0].endswith("groupgate serve [OPTIONS]")
    assert "Error: Invalid value for '--port'" in ended.stderr


def test_an_audit_log_that_cannot_be_opened_ends_the_start(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "audit.log"
    wrong = JSON | {"GROUPGATE_AUDIT_LOG": str(path)}
    ended = run("serve", "--sandbox", cwd=tmp_path, status=2, environment=wrong)
    (line,) = objects(ended.stderr)
    assert line["problem"] == f"GROUPGATE_AUDIT_LOG: {path}: No such file or directory."
