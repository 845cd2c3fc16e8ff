"""Toy Vendor: one call returns its collections with their groups and products."""

from collections.abc import Mapping
from typing import Final

import httpx

from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.upstream.vendor_state import VendorState

from .provider import ToyProvider
from .settings import Settings

__all__ = ["DEFAULT_RATES", "KEY", "PATH_WORDS", "Settings", "build"]

KEY = ProviderKey["TOY"]

DEFAULT_RATES: Final[Mapping[str, int]] = {"per_second": 5}

PATH_WORDS: Final = frozenset({"rooms"})


def build(
    settings: Settings, transport: httpx.AsyncBaseTransport, vendor_state: VendorState | None = None
) -> Provider:
    """Return the provider for these settings."""
    account = vendor_state.provider if vendor_state else KEY
    return ToyProvider(account, settings, transport, vendor_state)
