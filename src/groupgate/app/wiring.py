"""Settings in, vendors out: the only module that knows both halves of the program."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import httpx
from pydantic import ValidationError

from groupgate import __version__
from groupgate.app.misconfigured import Misconfigured
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey

TIMEOUT = httpx.Timeout(10, connect=5)
"""Seconds: for a whole step of a call, and for a connection to be made."""

MakeTransport = Callable[[], httpx.AsyncBaseTransport]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendors:
    """The vendors that are configured, and the connections to them."""

    providers: Mapping[ProviderKey, Provider]
    clients: tuple[httpx.AsyncClient, ...]

    async def aclose(self) -> None:
        """Close the connections."""
        for client in self.clients:
            await client.aclose()


def connect(
    given: Mapping[str, str] | None = None,
    transport: MakeTransport = httpx.AsyncHTTPTransport,
) -> Vendors:
    """Make the providers whose variables are set, in the order of their keys.

    `given` are variables that win over the environment and `.env`; with them, a vendor that they
    do not name is left out. Raises Misconfigured for a vendor that is set up by half.
    """
    providers: dict[ProviderKey, Provider] = {}
    clients = []
    for key in ProviderKey:
        vendor = import_module(f"groupgate.providers.{key.value.lower()}")
        settings = _settings(vendor, given)
        if settings is None:
            continue
        client = httpx.AsyncClient(
            transport=transport(),
            timeout=TIMEOUT,
            headers={"User-Agent": f"groupgate/{__version__}"},
        )
        clients.append(client)
        providers[key] = vendor.build(settings, client)
    return Vendors(providers=providers, clients=tuple(clients))


def _settings(vendor: ModuleType, given: Mapping[str, str] | None) -> Any | None:
    prefix = vendor.Settings.model_config["env_prefix"]
    own = {
        name.removeprefix(prefix).lower(): value
        for name, value in (given or {}).items()
        if name.startswith(prefix)
    }
    if given is not None and not own:
        return None
    try:
        settings = vendor.Settings(**own)
    except ValidationError as error:
        raise Misconfigured.of(error, prefix) from None
    if settings.is_set and settings.missing:
        raise Misconfigured(
            f"{vendor.KEY.value} is half configured: "
            f"{' and '.join(settings.missing)} must be set too."
        )
    return settings if settings.is_set else None
