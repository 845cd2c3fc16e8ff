"""How soon the explorer can be used, and below the path of a reverse proxy."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed.")

from playwright.sync_api import Browser, Page, expect

from tests.browser.explorer import Explorer
from tests.browser.processes import sandbox_gateway, wait_until_healthy
from tests.listening import free_port

LONGEST_SECONDS = 1.0

NGINX = """daemon off; pid {folder}/pid; error_log stderr warn;
events {{ }}
http {{
  access_log off; absolute_redirect off;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port}; location /below {{
    rewrite ^/below/?(.*)$ /$1 break; proxy_pass {gateway}; }} }}
}}
"""


def test_the_first_query_can_be_run_within_a_second(browser: Browser, gateway: str) -> None:
    """With an empty cache. Counts the time of the page's thread: other processes take the rest."""
    times = []
    for _ in range(3):
        with browser.new_context() as context:
            page = context.new_page()
            session = context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            explorer = Explorer(page, gateway)
            expect(explorer.run_button).to_be_enabled()
            metrics: list[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
            times += [each["value"] for each in metrics if each["name"] == "TaskDuration"]
    assert len(times) == 3
    assert 0 < min(times) < LONGEST_SECONDS


def test_scripts_are_loaded_compressed_and_kept(page: Page, gateway: str) -> None:
    headers: list[tuple[str | None, str | None]] = []

    def add(url: str, given: dict[str, str]) -> None:
        if "/assets/" in url and url.endswith(".js"):
            headers.append((given.get("content-encoding"), given.get("cache-control")))

    page.on("response", lambda response: add(response.url, response.headers))
    Explorer(page, gateway)
    assert len(headers) == 2
    assert {encoding for encoding, _ in headers} == {"br"}
    assert {control for _, control in headers} == {"public, max-age=31536000, immutable"}


@pytest.fixture(scope="module")
def below(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001 - no proxy is needed without a browser
    """Start a gateway and nginx, which serves it below a path; return the URL without a slash."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if nginx is None:
        pytest.skip("nginx is not installed.")
    folder = tmp_path_factory.mktemp("nginx")
    port = free_port()
    with sandbox_gateway("--root-path", "/below") as gateway:
        text = NGINX.format(folder=folder, port=port, gateway=gateway.rstrip("/"))
        (folder / "nginx.conf").write_text(text, "utf-8")
        with subprocess.Popen([nginx, "-p", str(folder), "-c", "nginx.conf"]) as proxy:
            try:
                wait_until_healthy(f"http://127.0.0.1:{port}/below/healthz", proxy)
                yield f"http://127.0.0.1:{port}/below"
            finally:
                proxy.terminate()


@pytest.mark.parametrize("slash", ["", "/"])
def test_below_a_path_a_query_and_an_example_run(page: Page, below: str, slash: str) -> None:
    explorer = Explorer(page, f"{below}{slash}")
    assert len(explorer.run()["data"]["providers"]) == 3
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    assert json.loads(explorer.text("Variables"))["id"].startswith("Wy")
    assert explorer.run()["data"]["groupUpdate"]["userErrors"] == []
