"""Alerts fired by real faults: a gateway, Redis, the simulators and Prometheus as processes.

Prometheus reads and evaluates each second, and alerts fire without their time of waiting.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml

from groupgate.sandbox.app import Sandbox
from tests.app.redis.server import RedisServer
from tests.cli.test_processes import free_port, started
from tests.deploy.test_monitoring import ALERTS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("prometheus") is None or shutil.which("redis-server") is None,
        reason="needs prometheus and redis-server",
    ),
]

READ: Final = "{ provider(key: %s) { products(first: 1) { nodes { name } } } }"
WRITE: Final = (
    'mutation ($id: ID!) { groupUpdate(id: $id, input: {name: "New"}) { plan { path } } }'
)
GROUP: Final = "{ provider(key: AXIM) { groups(first: 1) { nodes { id } } } }"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The processes, and clients of the gateway and of Prometheus."""

    gateway: subprocess.Popen[str]
    simulators: subprocess.Popen[str]
    redis: RedisServer
    api: str
    prometheus: str

    def execute(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send an operation that must not be answered from a cache."""
        body = {"query": query, "variables": variables}
        answer: dict[str, Any] = httpx.post(self.api, json=body, timeout=20).json()
        return answer

    def firing(self) -> set[tuple[str, str]]:
        """Return the names of the alerts that fire, with the vendor or an empty text."""
        alerts = httpx.get(f"{self.prometheus}/api/v1/alerts").json()["data"]["alerts"]
        return {(one["labels"]["alertname"], one["labels"].get("vendor", "")) for one in alerts}

    def wait_for(self, *expected: tuple[str, str], act: Callable[[], object] | None = None) -> None:
        """Wait until these alerts fire, doing something again and again meanwhile."""
        for _ in range(60):
            if act is not None:
                act()
            if self.firing() >= set(expected):
                return
            time.sleep(0.5)
        raise AssertionError(f"{expected} and not {self.firing()}")


@contextmanager
def prometheus(folder: Path, port: int, target: str) -> Iterator[str]:
    """Start a Prometheus with the alerts of this project, and return its address."""
    rules = re.sub(r"\n +for: \w+", "", ALERTS.read_text("utf-8"))
    (folder / "alerts.yaml").write_text(rules, "utf-8")
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s", "scrape_timeout": "1s"},
        "rule_files": ["alerts.yaml"],
        "scrape_configs": [
            {"job_name": "groupgate", "static_configs": [{"targets": [target]}]},
        ],
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config), "utf-8")
    arguments = [
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with subprocess.Popen(
        ["prometheus", *arguments],  # noqa: S607 - that of the machine
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """Start all processes; the gateway has a wrong key for Dodo."""
    vendors, port, own = free_port(), free_port(), free_port()
    base = f"http://127.0.0.1:{port}"
    variables = Sandbox().environment(f"http://127.0.0.1:{vendors}")
    variables |= {
        "DODO_PAYMENTS_API_KEY": "wrong",
        "GROUPGATE_CACHE_TTL": "0.2",
        "GROUPGATE_DEADLINE": "5",
    }
    with (
        RedisServer() as redis,
        started(
            "sandbox",
            "--port",
            str(vendors),
            cwd=tmp_path,
            alive=f"http://127.0.0.1:{vendors}/",
        ) as simulators,
        started(
            "serve",
            "--port",
            str(port),
            cwd=tmp_path,
            alive=f"{base}/healthz",
            GROUPGATE_REDIS_URL=redis.url,
            **variables,
        ) as gateway,
        prometheus(tmp_path, own, f"127.0.0.1:{port}") as address,
    ):
        for _ in range(100):
            try:
                httpx.get(f"{address}/-/ready").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield Deployment(
            gateway=gateway,
            simulators=simulators,
            redis=redis,
            api=f"{base}/graphql",
            prometheus=address,
        )


def test_each_fault_fires_its_alert(deployment: Deployment) -> None:
    """One after another: a wrong key, no Redis, no vendor, a mutation, no gateway."""
    (group,) = deployment.execute(GROUP)["data"]["provider"]["groups"]["nodes"]
    time.sleep(3)
    assert deployment.firing() == set()

    deployment.execute(READ % "DODO")
    deployment.wait_for(("GroupgateVendorRejectsKey", "DODO"), ("GroupgateVendorDegraded", "DODO"))
    assert len(deployment.firing()) == len(["RejectsKey", "Degraded"])

    deployment.redis.stop()
    deployment.wait_for(("GroupgateStoreDown", ""), act=lambda: deployment.execute(GROUP))
    deployment.redis.start()

    time.sleep(5)  # until the gateway uses Redis again, it keeps no responses
    deployment.execute(READ % "TWO_CHECKOUT")
    deployment.simulators.kill()
    deployment.execute(WRITE, id=group["id"])
    deployment.wait_for(("GroupgateMutationsFail", ""))
    deployment.wait_for(
        ("GroupgateVendorUnavailable", "AXIM"),
        ("GroupgateStaleResponses", "TWO_CHECKOUT"),
        act=lambda: (deployment.execute(GROUP), deployment.execute(READ % "TWO_CHECKOUT")),
    )

    deployment.gateway.kill()
    deployment.wait_for(("GroupgateDown", ""))
