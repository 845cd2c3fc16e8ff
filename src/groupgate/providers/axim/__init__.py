"""Axim Commerce. Groups are in one implicit collection; a product may be in many groups."""

from collections.abc import Mapping
from typing import Final

import httpx

from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.providers.axim.client import AximClient
from groupgate.providers.axim.provider import AximProvider
from groupgate.providers.axim.settings import Settings
from groupgate.upstream.vendor_state import VendorState

__all__ = ["DEFAULT_RATES", "KEY", "PATH_WORDS", "Settings", "build"]

KEY = ProviderKey.AXIM

DEFAULT_RATES: Final[Mapping[str, int]] = {}
"""No limit is documented."""

PATH_WORDS: Final = frozenset({"all", "create", "productGroup", "products"})
"""The segments of paths that are no ids."""


def build(
    settings: Settings, transport: httpx.AsyncBaseTransport, vendor_state: VendorState | None = None
) -> Provider:
    """Return the provider for these settings, none of which may be missing."""
    return AximProvider(AximClient(settings, transport, vendor_state))
