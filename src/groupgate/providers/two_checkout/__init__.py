"""2Checkout. One read returns all groups, and each product names the group that it is in."""

from collections.abc import Mapping
from typing import Final

import httpx

from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.providers.two_checkout.client import TwoCheckoutClient
from groupgate.providers.two_checkout.provider import TwoCheckoutProvider
from groupgate.providers.two_checkout.settings import Settings
from groupgate.upstream.vendor_state import VendorState

__all__ = ["DEFAULT_RATES", "KEY", "PATH_WORDS", "Settings", "build"]

KEY = ProviderKey.TWO_CHECKOUT

DEFAULT_RATES: Final[Mapping[str, int]] = {}
"""No limit is documented."""

PATH_WORDS: Final = frozenset({"productgroups", "products"})
"""The segments of paths that are no ids."""


def build(
    settings: Settings, transport: httpx.AsyncBaseTransport, vendor_state: VendorState | None = None
) -> Provider:
    """Return the provider for these settings, none of which may be missing."""
    return TwoCheckoutProvider(TwoCheckoutClient(settings, transport, vendor_state))
