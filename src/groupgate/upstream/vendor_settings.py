"""The base class of the vendors' settings, and the types of their fields."""

from typing import Annotated, Final

import httpx
from pydantic import AfterValidator, SecretStr

from groupgate.configuration.model import SettingsModel

_LAST_PORT: Final = 65_535


class VendorSettings(SettingsModel):
    """The variables of one vendor. Subclasses set the prefix."""

    @property
    def is_set(self) -> bool:
        """True if any variable of this vendor is set."""
        return bool(self.model_fields_set)

    @property
    def is_test(self) -> bool:
        """True if the base URL is a host that the vendor documents for tests."""
        return False


def _parse_base_url(value: str) -> str:
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL:
        url = httpx.URL()
    has_port = url.port is None or 0 < url.port <= _LAST_PORT
    if value and not (url.scheme in {"http", "https"} and url.host and has_port):
        raise ValueError("must be an http or https address")
    if url.userinfo:
        raise ValueError("must have no user name or password before the host")
    if "?" in value or "#" in value:
        raise ValueError("must have no query (?) and no fragment (#), as paths are added to it")
    return value.rstrip("/")


def _check_header_value(value: SecretStr) -> SecretStr:
    key = value.get_secret_value()
    if not (key.isascii() and key.isprintable()):
        raise ValueError("must be of printable ASCII characters")
    return value


Address = Annotated[str, AfterValidator(_parse_base_url)]
"""The base URL of an API without a trailing slash, or an empty text."""

HeaderSecret = Annotated[SecretStr, AfterValidator(_check_header_value)]
"""A secret that is sent in a header unchanged."""
