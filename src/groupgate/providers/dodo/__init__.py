"""Dodo Payments. One read returns a whole collection with its groups and their products."""

import httpx

from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.providers.dodo.client import DodoClient
from groupgate.providers.dodo.provider import DodoProvider
from groupgate.providers.dodo.settings import Settings
from groupgate.upstream.vendor_state import VendorState

__all__ = ["KEY", "Settings", "build"]

KEY = ProviderKey.DODO


def build(
    settings: Settings, http: httpx.AsyncClient, vendor_state: VendorState | None = None
) -> Provider:
    """Return the provider for these settings, none of which may be missing."""
    return DodoProvider(DodoClient(settings, http, vendor_state))
