"""Dodo Payments. One read returns a whole collection with its groups and their products."""

from collections.abc import Mapping
from typing import Final

import httpx

from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.providers.dodo.client import DodoClient
from groupgate.providers.dodo.provider import DodoProvider
from groupgate.providers.dodo.settings import Settings
from groupgate.upstream.vendor_state import VendorState

__all__ = ["DEFAULT_RATES", "KEY", "PATH_WORDS", "Settings", "build"]

KEY = ProviderKey.DODO

DEFAULT_RATES: Final[Mapping[str, int]] = {"per_second": 40, "per_minute": 240}
"""Calls that the lowest tier allows (documented). The headers of responses may report more."""

PATH_WORDS: Final = frozenset({"groups", "items", "product-collections", "products", "unarchive"})
"""The segments of paths that are no ids."""


def build(
    settings: Settings, transport: httpx.AsyncBaseTransport, vendor_state: VendorState | None = None
) -> Provider:
    """Return the provider for these settings, none of which may be missing."""
    return DodoProvider(DodoClient(settings, transport, vendor_state))
