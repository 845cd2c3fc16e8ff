"""Chromium driven over the W3C WebDriver protocol, which is JSON over HTTP to chromedriver."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

CHROMIUM_ARGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--window-size=1400,900",
    # No name resolves, so nothing outside this machine can be reached.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key under which the protocol hands out elements."""


class Browser:
    """One session: a window with a fresh profile."""

    def __init__(self, driver: httpx.Client, session: str) -> None:
        self._driver = driver
        self._session = session

    def open(self, url: str) -> None:
        """Go to a page and wait until it has loaded."""
        self._post("url", url=url)

    def find(self, css: str) -> str:
        """Return the first such element; wait for it as long as the session's implicit wait."""
        found: str = self._post("element", using="css selector", value=css)[_ELEMENT]
        return found

    def has(self, css: str) -> bool:
        """Whether there is such an element, or comes to be in the session's implicit wait."""
        return bool(self._post("elements", using="css selector", value=css))

    def click(self, css: str) -> None:
        """Click the first such element, as a mouse would."""
        self._post(f"element/{self.find(css)}/click")

    def press(self, text: str) -> None:
        """Click the first button whose text begins so; wait for it as for any element."""
        button = f"//button[starts-with(normalize-space(.), '{text}')]"
        found = self._post("element", using="xpath", value=button)[_ELEMENT]
        self._post(f"element/{found}/click")

    def run(self, script: str) -> Any:
        """Run JavaScript in the page and return what it returns."""
        return self._post("execute/sync", script=script, args=[])

    def console_errors(self) -> list[str]:
        """Return the console's errors since last asked; a breach of the page's policy is one."""
        entries = self._post("se/log", type="browser")
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def requested_hosts(self) -> set[str]:
        """Return host:port of every request since last asked, whether it went through or not."""
        entries = self._post("se/log", type="performance")
        events = [json.loads(entry["message"])["message"] for entry in entries]
        urls = [
            urlsplit(event["params"]["request"]["url"])
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
        # Not those of the browser's own empty tab.
        return {url.netloc for url in urls if url.scheme in {"http", "https", "ws", "wss"}}

    def _post(self, command: str, **body: Any) -> Any:
        return _value(self._driver.post(f"session/{self._session}/{command}", json=body))


@contextmanager
def chromium(binary: str, driver: str, profile: Path) -> Iterator[Browser]:
    """Start chromedriver and one window of Chromium; end both afterwards."""
    with (
        _chromedriver(driver) as url,
        httpx.Client(base_url=url, timeout=60, trust_env=False) as client,
    ):
        asked = {"capabilities": {"alwaysMatch": _capabilities(binary, profile)}}
        session = _value(client.post("session", json=asked))["sessionId"]
        try:
            yield Browser(client, session)
        finally:
            client.delete(f"session/{session}")


@contextmanager
def _chromedriver(driver: str) -> Iterator[str]:
    """Start chromedriver on a port of its own choice and give its address."""
    with subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            output = process.stdout or ()
            ports = (re.search(r"successfully on port (\d+)", line) for line in output)
            port = next(found[1] for found in ports if found)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _capabilities(binary: str, profile: Path) -> dict[str, Any]:
    return {
        "goog:chromeOptions": {
            "binary": binary,
            "args": [*CHROMIUM_ARGS, f"--user-data-dir={profile}"],
        },
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        "timeouts": {"implicit": 20_000},
    }


def _value(response: httpx.Response) -> Any:
    value = response.json()["value"]
    if response.is_error:
        raise AssertionError(f"{value['error']}: {value['message']}")
    return value
