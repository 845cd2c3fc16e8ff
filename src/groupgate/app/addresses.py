"""Parsing of URLs, `Host` headers and origins, and the check for loopback addresses."""

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

_ORIGIN: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?P<port>:[0-9]{1,5})?"
)
_HOST: Final = re.compile(
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<name>[\w.-]+))(?::[0-9]*)?", re.ASCII
)
_DEFAULT_PORTS: Final = frozenset({("http", ":80"), ("https", ":443")})


def scheme_and_host(url: str) -> tuple[str, str]:
    """Return the scheme and the host of a URL in lower case, empty where missing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.scheme, parts.hostname or ""


def has_valid_port(url: str) -> bool:
    """True if a URL has no port, or one from 0 to 65535."""
    try:
        _ = urlsplit(url).port
    except ValueError:
        return False
    return True


def host_in_header(header: str) -> str:
    """Return the host in a `Host` header without its port, or "" if the header is malformed."""
    match = _HOST.fullmatch(header)
    return (match["ipv6"] or match["name"]) if match else ""


def is_loopback(host: str) -> bool:
    """True if a host name or address is this machine's loopback interface."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_origin(text: str) -> bool:
    """True if the text is an origin as browsers send it: lower case, no path, no default port."""
    match = _ORIGIN.fullmatch(text)
    return match is not None and (match["scheme"], match["port"]) not in _DEFAULT_PORTS
