"""The base class of the vendors' settings, and the types of their fields."""

from typing import Annotated

import httpx
from pydantic import AfterValidator, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class VendorSettings(BaseSettings):
    """The environment variables of one vendor. Subclasses set the `env_prefix`.

    A variable that is empty counts as unset.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

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
    if value and not (url.scheme in {"http", "https"} and url.host):
        raise ValueError("must be an http or https address")
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
