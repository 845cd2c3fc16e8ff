"""What the settings of all vendors have in common: where they are read, and what fits a call."""

from typing import Annotated

import httpx
from pydantic import AfterValidator, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class VendorSettings(BaseSettings):
    """Variables of one vendor; an empty one counts as unset. Subclasses name the `env_prefix`."""

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
        """Whether any variable of this vendor is set."""
        return bool(self.model_fields_set)


def _is_an_address(value: str) -> str:
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL:
        url = httpx.URL()
    if value and not (url.scheme in {"http", "https"} and url.host):
        raise ValueError("must be an http or https address")
    return value.rstrip("/")


def _fits_into_a_header(value: SecretStr) -> SecretStr:
    key = value.get_secret_value()
    if not (key.isascii() and key.isprintable()):
        raise ValueError("must be of printable ASCII characters")
    return value


Address = Annotated[str, AfterValidator(_is_an_address)]
"""Where an API is, without a slash at its end; or empty."""

HeaderSecret = Annotated[SecretStr, AfterValidator(_fits_into_a_header)]
"""A secret that is sent as it is."""
