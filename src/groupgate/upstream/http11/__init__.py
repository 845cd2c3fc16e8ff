"""An HTTP/1.1 transport for httpx: its connections and the proxies of the environment."""

from groupgate.upstream.http11.transport import Http11Transport

__all__ = ["Http11Transport"]
