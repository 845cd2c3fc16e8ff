"""Dodo Payments. A collection is read whole: its groups and their products come with it."""

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
    """Return the provider that these settings describe."""
    return DodoProvider(DodoClient(settings, http, vendor_state))
