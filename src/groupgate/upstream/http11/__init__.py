"""An HTTP/1.1 transport for httpx: its connections and the proxies of the environment."""

from groupgate.upstream.http11.connection import Connection, ConnectionStream
from groupgate.upstream.http11.transport import Http11Transport, OutgoingRequest, origin_of

__all__ = ["Connection", "ConnectionStream", "Http11Transport", "OutgoingRequest", "origin_of"]
