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
from groupgate.app.policies import check_address, policy_of
from groupgate.app.settings import Settings as GatewaySettings
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.upstream.vendor_state import VendorState

TIMEOUT = httpx.Timeout(10, connect=5)
"""Seconds: for a whole step of a call, and for a connection to be made."""

MakeTransport = Callable[[], httpx.AsyncBaseTransport]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendors:
    """The vendors that are configured, the connections to them, and what is kept of their calls."""

    providers: Mapping[ProviderKey, Provider]
    clients: tuple[httpx.AsyncClient, ...]
    vendor_state: tuple[VendorState, ...] = ()

    async def aclose(self) -> None:
        """Close the connections, once no write is under way."""
        for vendor_state in self.vendor_state:
            await vendor_state.writes.wait_all()
        for client in self.clients:
            await client.aclose()


def connect(
    given: Mapping[str, str] | None = None,
    transport: MakeTransport = httpx.AsyncHTTPTransport,
    settings: GatewaySettings | None = None,
) -> Vendors:
    """Make the providers whose variables are set, in the order of their keys.

    `given` are variables that win over the environment and `.env`; with them, a vendor that they
    do not name is left out. `settings` are the gateway's own, as they stand unless given. Raises
    Misconfigured for a vendor that is set up by half, or whose keys would be sent in the clear.
    """
    own = settings or GatewaySettings.model_construct()
    providers: dict[ProviderKey, Provider] = {}
    clients, kept = [], []
    for key in ProviderKey:
        vendor = import_module(f"groupgate.providers.{key.value.lower()}")
        theirs = _settings(vendor, given)
        if theirs is None:
            continue
        if transport is httpx.AsyncHTTPTransport:
            check_address(_variable(vendor, "base_url"), theirs.base_url, own)
        client, vendor_state = _client(transport()), VendorState(key, policy_of(own, key))
        clients.append(client)
        kept.append(vendor_state)
        providers[key] = vendor.build(theirs, client, vendor_state)
    return Vendors(providers=providers, clients=tuple(clients), vendor_state=tuple(kept))


def _client(transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=transport,
        timeout=TIMEOUT,
        headers={"User-Agent": f"groupgate/{__version__}"},
    )


def _variable(vendor: ModuleType, name: str) -> str:
    prefix: str = vendor.Settings.model_config["env_prefix"]
    return prefix + name.upper()


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
