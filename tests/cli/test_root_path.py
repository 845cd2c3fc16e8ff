"""`--root-path`: the gateway behind nginx under a path prefix."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from typer.testing import CliRunner

from groupgate.cli.main import app
from tests.cli.test_processes import started
from tests.cli.test_signals import wait_for
from tests.listening import free_port

BROWSER: Final = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
QUERY: Final = {"query": "{ __typename }"}
ANSWER: Final = {"data": {"__typename": "Query"}}

LOCATIONS: Final = {
    "/removed": "location /removed/ {{ proxy_pass http://127.0.0.1:{port}/; }}",
    "/doubled": "location /doubled {{ proxy_pass http://127.0.0.1:{port}/; }}",
    "/kept": "location /kept {{ proxy_pass http://127.0.0.1:{port}; }}",
    "/rewritten": "location /rewritten {{ rewrite ^/rewritten/?(.*)$ /$1 break; "
    "proxy_pass http://127.0.0.1:{port}; }}",
    "/two/levels": "location /two/levels/ {{ proxy_pass http://127.0.0.1:{port}/; }}",
}
"""Usual ways to write a prefix in nginx; some remove it, one keeps it, one leaves two slashes."""

CONFIGURATION: Final = """daemon off; pid {folder}/pid; error_log stderr warn;
events {{ }}
http {{
  access_log off;
  absolute_redirect off;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{listen}; {location} }}
}}
"""


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Make one client for all requests: each client makes a TLS context, which takes longer."""
    with httpx.Client() as one:
        yield one


@pytest.fixture(scope="module", params=LOCATIONS)
def prefix(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, client: httpx.Client
) -> Iterator[str]:
    """Start a gateway and nginx before it; return the URL of the prefix, without a slash."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if nginx is None:
        pytest.skip("nginx is not installed.")
    folder = tmp_path_factory.mktemp("nginx")
    path, port, listen = str(request.param), free_port(), free_port()
    text = CONFIGURATION.format(
        folder=folder, listen=listen, location=LOCATIONS[path].format(port=port)
    )
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    arguments = ("serve", "--sandbox", "--port", str(port), "--root-path", f"{path}/")
    with (
        started(*arguments, cwd=folder, alive=f"http://127.0.0.1:{port}/healthz"),
        subprocess.Popen([nginx, "-p", str(folder), "-c", "nginx.conf"]) as proxy,
    ):
        base = f"http://127.0.0.1:{listen}{path}"
        try:
            wait_for(lambda: _answers(client, f"{base}/healthz"))
            yield base
        finally:
            proxy.terminate()


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("path", ["", "/", "/graphql", "/graphql/", "?query=%7B__typename%7D"])
def test_the_explorer_finds_its_files_and_the_api(
    client: httpx.Client, prefix: str, path: str
) -> None:
    """The page has relative URLs; a browser may see its own path with and without a slash."""
    page = client.get(prefix + path, headers=BROWSER, follow_redirects=True)
    assert page.status_code == 200
    assert "base-uri 'self'" in page.headers["content-security-policy"]
    (base,) = re.findall(r'<base href="([^"]+)">', page.text)
    root = urljoin(str(page.url), base)
    assert root == f"{prefix}/"
    links = re.findall(r'(?:href|src)="(graphiql/[^"]+)"', page.text)
    assert len(links) >= 3
    for link in [*links, "readyz", "schema.graphql"]:
        assert client.get(urljoin(root, link)).status_code == 200, link
    assert client.post(urljoin(root, "graphql"), json=QUERY).json() == ANSWER


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/graphql", "/graphql/"])
def test_operations_are_served_with_and_without_a_slash(
    client: httpx.Client, prefix: str, path: str
) -> None:
    assert client.post(prefix + path, json=QUERY).json() == ANSWER
    response = client.get(prefix + path, params=QUERY)
    assert (response.status_code, response.json()) == (200, ANSWER)


@pytest.mark.slow
def test_redirects_stay_below_the_prefix(client: httpx.Client, prefix: str) -> None:
    for path, target in [
        ("/healthz/", "/healthz"),
        ("/graphiql", "/graphiql/"),
        ("/schema.graphql/?a=1", "/schema.graphql"),
    ]:
        response = client.get(prefix + path)
        assert response.status_code == 307
        to = urljoin(prefix + path, response.headers["location"])
        assert urlsplit(to).path == urlsplit(prefix + target).path


@pytest.mark.parametrize("root_path", ["/graphql", "graphql/", "https://shop.example", "/a b", "?"])
def test_a_prefix_that_cannot_work_prevents_startup(root_path: str) -> None:
    result = CliRunner().invoke(app, ["serve", "--sandbox", "--root-path", root_path])
    assert (result.exit_code, result.stderr) == (
        2,
        "groupgate: --root-path must be the path of a URL, such as /catalogue, and not /graphql.\n",
    )
