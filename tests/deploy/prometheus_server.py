"""A real Prometheus that reads and evaluates each second, with the alerts of this project."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import yaml

from tests.deploy.test_monitoring import ALERTS, DEPLOY
from tests.listening import free_port

WINDOW: Final = "[20s]"
"""In place of the minutes over which the rules look back."""

Alert = tuple[str, str, str]
"""The job, the name of the alert, and the vendor or an empty text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prometheus:
    """A client of the running Prometheus."""

    client: httpx.Client
    fired: set[str] = field(default_factory=set)
    """The names of the alerts that have been waited for."""

    def get(self, path: str, **parameters: str) -> Any:
        """Return the data of the answer to a call of its API."""
        answer = self.client.get(f"/api/v1/{path}", params=parameters).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def firing(self) -> set[Alert]:
        """Return the alerts that fire."""
        return {
            (one["labels"]["job"], one["labels"]["alertname"], one["labels"].get("vendor", ""))
            for one in self.get("alerts")["alerts"]
        }

    def wait_for(
        self, *expected: Alert, act: Callable[[], object] | None = None, seconds: float = 60
    ) -> None:
        """Wait until these alerts fire, doing something again and again meanwhile."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if act is not None:
                act()
            if self.firing() >= set(expected):
                self.fired.update(name for _, name, _ in expected)
                return
            time.sleep(0.3)
        raise AssertionError(f"{expected} and not {self.firing()}")


@contextmanager
def prometheus(folder: Path, targets: Mapping[str, str]) -> Iterator[Prometheus]:
    """Start a Prometheus that reads these addresses by the names of their jobs.

    The configuration is that of deploy/compose.yaml, in a hurry: alerts fire without their time of
    waiting.
    """
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yaml").read_text("utf-8"))
    config["global"] = dict.fromkeys(("scrape_interval", "evaluation_interval"), "1s")
    config["rule_files"] = ["alerts.yaml"]
    (job,) = config["scrape_configs"]
    config["scrape_configs"] = [
        {**job, "job_name": name, "static_configs": [{"targets": [address]}]}
        for name, address in targets.items()
    ]
    rules = re.sub(r"\n +for: \w+", "", ALERTS.read_text("utf-8"))
    (folder / "alerts.yaml").write_text(re.sub(r"\[\d+[mh]\]", WINDOW, rules), "utf-8")
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config), "utf-8")
    port = free_port()
    arguments = [
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        *_features(),
    ]
    with subprocess.Popen(
        ["prometheus", *arguments],  # noqa: S607 - that of the machine
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        base = f"http://127.0.0.1:{port}"
        try:
            _wait_until_ready(process, base)
            with httpx.Client(base_url=base) as client:
                yield Prometheus(client=client)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _features() -> list[str]:
    """Return the options of the service in deploy/compose.yaml that turn features on."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    command: list[str] = compose["services"]["prometheus"]["command"]
    return [option for option in command if option.startswith("--enable-feature")]


def _wait_until_ready(process: subprocess.Popen[bytes], base: str) -> None:
    for _ in range(200):
        assert process.poll() is None, "Prometheus has ended."
        try:
            httpx.get(f"{base}/-/ready").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("Prometheus did not start")
