"""The Helm chart: rendered by Helm's own library, and validated against Kubernetes' schemas."""

from pathlib import Path
from typing import Any, Final

import helm_python
import pytest
import yaml

CHART: Final = Path(__file__).parents[2] / "deploy/helm/groupgate"
CUSTOM: Final = "monitoring.coreos.com/v1"
"""The resources of the Prometheus operator are no part of Kubernetes' schemas."""

EVERYTHING: Final[dict[str, Any]] = {
    "image": {"digest": "sha256:" + "0" * 64},
    "settings": {"GROUPGATE_ANONYMOUS": "read", "GROUPGATE_CACHE_TTL": 30},
    "secrets": ["vendors", "redis"],
    "secretFiles": [{"variable": "GROUPGATE_TOKENS_FILE", "secret": "callers", "key": "tokens"}],
    "deadline": 20,
    "federation": True,
    "autoscaling": {"queueWait": {"enabled": True}},
    "networkPolicy": {"redis": [{"podSelector": {"matchLabels": {"app": "redis"}}}]},
    "metrics": {"serviceMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}},
    "podLabels": {"team": "shop"},
    "podAnnotations": {"note": "x"},
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "priorityClassName": "high",
    "imagePullSecrets": [{"name": "registry"}],
}


def render(values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the resources by kind and name; the release is `shop`."""
    with helm_python.Chart.load(str(CHART)) as chart:
        texts = chart.render(values, name="shop", namespace="prod")
    resources = [
        one
        for name, text in texts.items()
        if name.endswith(".yaml")
        for one in yaml.safe_load_all(text)
        if one
    ]
    return {f"{one['kind']} {one['metadata']['name']}": one for one in resources}


ALWAYS: Final = {
    "Deployment shop-groupgate",
    "HorizontalPodAutoscaler shop-groupgate",
    "NetworkPolicy shop-groupgate",
    "PodDisruptionBudget shop-groupgate",
    "Service shop-groupgate",
    "Service shop-groupgate-metrics",
    "ServiceAccount shop-groupgate",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({}, ALWAYS),
        (EVERYTHING, ALWAYS | {"PrometheusRule shop-groupgate", "ServiceMonitor shop-groupgate"}),
        (
            {
                "autoscaling": {"enabled": False},
                "podDisruptionBudget": {"enabled": False},
                "networkPolicy": {"enabled": False},
                "serviceAccount": {"create": False},
            },
            {
                "Deployment shop-groupgate",
                "Service shop-groupgate",
                "Service shop-groupgate-metrics",
            },
        ),
    ],
)
@pytest.mark.parametrize("version", ["1.30", "1.37"])
def test_the_resources_are_valid(values: dict[str, Any], kinds: set[str], version: str) -> None:
    # Its import takes seconds: it compiles the grammar of RFC 3987.
    from kubernetes_validate import validate  # type: ignore[import-untyped] # noqa: PLC0415

    resources = render(values)
    assert set(resources) == kinds
    for resource in resources.values():
        if resource["apiVersion"] != CUSTOM:
            validate(resource, version, strict=True)


def test_helm_finds_nothing_to_change_but_an_icon() -> None:
    found = helm_python.lint(str(CHART))
    assert [one["error"] for one in found["messages"]] == ["icon is recommended"]
    assert found["errors"] == []


@pytest.mark.parametrize(
    "values",
    [{"replicas": 3}, {"image": {"digest": "latest"}}, {"secretFiles": [{"variable": "A"}]}],
)
def test_wrong_values_are_refused(values: dict[str, Any]) -> None:
    with helm_python.Chart.load(str(CHART)) as chart, pytest.raises(helm_python.HelmError):
        chart.validate_schema(values)


def test_a_pod_drains_for_as_long_as_its_requests_may_take() -> None:
    pod = render(EVERYTHING)["Deployment shop-groupgate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    environment = {one["name"]: one["value"] for one in container["env"]}
    assert environment == {
        "GROUPGATE_ANONYMOUS": "read",
        "GROUPGATE_CACHE_TTL": "30",
        "GROUPGATE_DEADLINE": "20",
        "GROUPGATE_SHUTDOWN_DELAY": "10",
        "GROUPGATE_METRICS_PORT": "9464",
        "GROUPGATE_TOKENS_FILE": "/etc/groupgate/groupgate_tokens_file/tokens",
    }
    assert pod["terminationGracePeriodSeconds"] == 10 + 20 + 35
    probes = [container[name]["httpGet"]["path"] for name in PROBES]
    assert probes == ["/healthz", "/healthz", "/readyz"]


PROBES: Final = ("startupProbe", "livenessProbe", "readinessProbe")


def test_secrets_are_references_and_the_pod_has_no_rights() -> None:
    resources = render(EVERYTHING)
    assert not [name for name in resources if name.startswith("Secret")]
    pod = resources["Deployment shop-groupgate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["envFrom"] == [
        {"secretRef": {"name": "vendors"}},
        {"secretRef": {"name": "redis"}},
    ]
    assert [volume["secret"]["secretName"] for volume in pod["volumes"]] == ["callers"]
    assert pod["automountServiceAccountToken"] is False
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) == (
        10001,
        10001,
    )
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["args"] == ["serve", "--host", "0.0.0.0", "--port", "8000", "--federation"]
    assert container["image"] == "groupgate@sha256:" + "0" * 64


def test_it_scales_by_cpu_and_by_the_queue_wait() -> None:
    autoscaler = render(EVERYTHING)["HorizontalPodAutoscaler shop-groupgate"]["spec"]
    cpu, wait = autoscaler["metrics"]
    assert cpu["resource"]["target"] == {"type": "Utilization", "averageUtilization": 70}
    adapter = yaml.safe_load((CHART.parent / "prometheus-adapter.yaml").read_text("utf-8"))
    (rule,) = adapter["rules"]["custom"]
    assert wait["pods"] == {
        "metric": {"name": rule["name"]["as"]},
        "target": {"type": "AverageValue", "averageValue": "50m"},
    }


def test_the_network_policy_lets_in_clients_and_prometheus() -> None:
    policy = render(EVERYTHING)["NetworkPolicy shop-groupgate"]["spec"]
    assert [rule["ports"][0]["port"] for rule in policy["ingress"]] == ["http", "metrics"]
    assert [[port["port"] for port in rule["ports"]] for rule in policy["egress"]] == [
        [53, 53],
        [443],
        [6379],
    ]


def test_the_prometheus_rule_has_the_alerts_unchanged() -> None:
    rule = render(EVERYTHING)["PrometheusRule shop-groupgate"]
    alerts = yaml.safe_load((CHART / "files/alerts.yaml").read_text("utf-8"))
    assert rule["spec"] == alerts
