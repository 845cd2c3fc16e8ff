"""The alert rules and the dashboard: their metrics exist, and Prometheus accepts and tests them."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml

from tests.app.redis.server import RedisServer
from tests.cli.test_processes import started
from tests.listening import free_port

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
ALERTS: Final = DEPLOY / "helm/groupgate/files/alerts.yaml"
TESTS: Final = DEPLOY / "prometheus/alerts_test.yaml"
DASHBOARD: Final = DEPLOY / "grafana/groupgate.json"
METRIC: Final = re.compile(r"\b(?:groupgate|process|python)_[a-z_]+\b(?=[{\[ ,)]|$)")
QUERY: Final = "{ providers { productCollections { nodes { name } } } }"


def rules() -> list[dict[str, Any]]:
    """Return the alert rules."""
    (group,) = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def panels() -> list[dict[str, Any]]:
    """Return the panels of the dashboard, without its rows."""
    found = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def expressions() -> dict[str, str]:
    """Return every PromQL expression by the alert or the panel that has it."""
    of_panels = {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in panels()
        for target in panel["targets"]
    }
    adapter = yaml.safe_load((DEPLOY / "helm/prometheus-adapter.yaml").read_text("utf-8"))
    (rule,) = adapter["rules"]["custom"]
    return {
        **{rule["alert"]: rule["expr"] for rule in rules()},
        **of_panels,
        "prometheus-adapter": rule["metricsQuery"],
    }


def promtool(*arguments: str | Path) -> str:
    """Return what promtool prints; skip the test without it, but not in CI."""
    command = shutil.which("promtool")
    if command is None:
        if os.environ.get("CI"):
            pytest.fail("not to be skipped in CI: needs promtool")
        pytest.skip("needs promtool")
    done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[set[str]]:
    """Return the names of all metrics of a gateway with Redis, after a query."""
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server")
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with (
        RedisServer() as redis,
        started(
            "serve",
            "--sandbox",
            "--port",
            str(port),
            cwd=tmp_path_factory.mktemp("gateway"),
            alive=f"{base}/healthz",
            GROUPGATE_REDIS_URL=redis.url,
        ),
    ):
        httpx.post(f"{base}/graphql", json={"query": QUERY}).raise_for_status()
        text = httpx.get(f"{base}/metrics").text
        types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
        yield {
            name + suffix
            for name, kind in types.items()
            for suffix in (("_bucket", "_sum", "_count") if kind == "histogram" else ("",))
        }


@pytest.mark.slow
def test_every_metric_of_the_alerts_and_the_dashboard_exists(served: set[str]) -> None:
    used = {name: set(METRIC.findall(text)) for name, text in expressions().items()}
    assert [name for name, metrics in used.items() if not metrics] == ["GroupgateDown"]
    missing = {name: metrics - served for name, metrics in used.items() if metrics - served}
    assert missing == {}


def test_every_alert_says_what_to_do() -> None:
    assert [rule["alert"] for rule in rules()] == sorted(
        {rule["alert"] for rule in rules()}, key=[rule["alert"] for rule in rules()].index
    )
    for rule in rules():
        assert set(rule["annotations"]) == {"summary", "runbook"}
        assert len(rule["annotations"]["runbook"]) > 60
        assert rule["labels"]["severity"] in {"critical", "warning"}


def test_every_setting_in_a_text_exists() -> None:
    readme = (DEPLOY.parent / "README.md").read_text("utf-8")
    texts = ALERTS.read_text("utf-8") + DASHBOARD.read_text("utf-8")
    named = set(re.findall(r"GROUPGATE_[A-Z_]+[A-Z]", texts))
    assert {name for name in named if f"`{name}`" not in readme} == set()


def test_prometheus_accepts_the_alerts_and_its_configuration() -> None:
    assert f"{len(rules())} rules found" in promtool("check", "rules", ALERTS)
    promtool("check", "config", "--syntax-only", DEPLOY / "prometheus/prometheus.yaml")


@pytest.mark.slow
def test_each_alert_fires_by_its_fault_and_a_healthy_gateway_is_quiet() -> None:
    assert "SUCCESS" in promtool("test", "rules", TESTS)
    tests = yaml.safe_load(TESTS.read_text("utf-8"))["tests"]
    fired = [
        re.findall(r'alertname="(\w+)"', str(one["promql_expr_test"][0]["exp_samples"]))
        for one in tests
    ]
    assert fired == [[], *([rule["alert"]] for rule in rules())]


def test_prometheus_can_read_every_expression(tmp_path: Path) -> None:
    """Grafana's and the adapter's placeholders are replaced as they replace them."""
    replaced = {
        "$__rate_interval": "1m",
        "<<.LabelMatchers>>": 'pod="a"',
        "<<.GroupBy>>": "pod",
    }
    texts = []
    for expression in expressions().values():
        text = expression
        for placeholder, value in replaced.items():
            text = text.replace(placeholder, value)
        texts.append(text)
    records = [{"record": f"r{index}", "expr": text} for index, text in enumerate(texts)]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": records}]}), "utf-8")
    assert f"{len(records)} rules found" in promtool("check", "rules", file)


def test_the_panels_do_not_overlap_and_explain_themselves() -> None:
    found = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    cells: set[tuple[int, int]] = set()
    for panel in found:
        box = panel["gridPos"]
        own = {
            (column, line)
            for column in range(box["x"], box["x"] + box["w"])
            for line in range(box["y"], box["y"] + box["h"])
        }
        assert box["x"] + box["w"] <= 24
        assert not own & cells, panel["title"]
        cells |= own
    assert len({panel["id"] for panel in found}) == len(found)
    assert all(panel["description"].endswith(".") for panel in panels())
