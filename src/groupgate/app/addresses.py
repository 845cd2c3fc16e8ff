"""Addresses: what they are made of, which are this machine, and what an origin looks like."""

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


def scheme_and_host(address: str) -> tuple[str, str]:
    """Return the scheme and the host of an address, in lower case; empty if there is none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "", ""
    return parts.scheme, parts.hostname or ""


def host_of(header: str) -> str:
    """Return the host in a `Host` header, without its port; empty if it is not well formed."""
    found = _HOST.fullmatch(header)
    return (found["ipv6"] or found["name"]) if found else ""


def is_loopback(host: str) -> bool:
    """Whether a host, by name or address, is this machine and no other."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_origin(text: str) -> bool:
    """Whether this is an origin as browsers write it: in lower case, no path, no default port."""
    found = _ORIGIN.fullmatch(text)
    return found is not None and (found["scheme"], found["port"]) not in _DEFAULT_PORTS
