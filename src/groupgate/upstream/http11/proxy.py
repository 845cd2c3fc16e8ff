"""HTTP proxies from the environment: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY."""

from base64 import b64encode
from typing import Final
from urllib.parse import unquote
from urllib.request import getproxies, proxy_bypass

import httpx

_DEFAULT_PORT: Final = 80


class Proxy:
    """An HTTP proxy from the environment, with the headers that it wants."""

    def __init__(self, url: str) -> None:
        """Raise httpx.ProxyError for a proxy that is not an http:// one."""
        parsed = httpx.URL(url if "://" in url else f"http://{url}")
        if parsed.scheme != "http":
            raise httpx.ProxyError(f"proxies of the kind {parsed.scheme}:// are not supported")
        self.host = parsed.host
        self.port = parsed.port or _DEFAULT_PORT
        self.headers: tuple[str, ...] = ()
        if parsed.userinfo:
            secret = b64encode(unquote(parsed.userinfo.decode()).encode()).decode()
            self.headers = (f"Proxy-Authorization: Basic {secret}",)


def proxy_for(scheme: str, host: str, port: int) -> Proxy | None:
    """Return the proxy that the environment names for this host; None if it is called directly."""
    proxies = getproxies()
    url = proxies.get(scheme) or proxies.get("all")
    if not url or proxy_bypass(host) or proxy_bypass(f"{host}:{port}"):
        return None
    return Proxy(url)
