"""The environment variables of Dodo Payments."""

from typing import Literal

import httpx
from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_HOSTS = {
    "test_mode": "https://test.dodopayments.com",
    "live_mode": "https://live.dodopayments.com",
}


class Settings(BaseSettings):
    """How Dodo Payments is reached. An empty variable counts as unset."""

    model_config = SettingsConfigDict(
        env_prefix="DODO_PAYMENTS_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    api_key: SecretStr | None = None
    environment: Literal["test_mode", "live_mode"] = "test_mode"
    base_url: str = Field(default="", validate_default=True)
    """Where the API is, without a slash at its end; unless it is set, the environment's host."""

    @field_validator("api_key")
    @classmethod
    def _fits_into_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        key = value.get_secret_value() if value else ""
        if not (key.isascii() and key.isprintable()):
            raise ValueError("DODO_PAYMENTS_API_KEY must be of printable ASCII characters.")
        return value

    @field_validator("environment", mode="before")
    @classmethod
    def _is_a_mode(cls, value: object) -> object:
        if value not in _HOSTS:
            raise ValueError("DODO_PAYMENTS_ENVIRONMENT must be test_mode or live_mode.")
        return value

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            return _HOSTS[info.data.get("environment", "test_mode")]
        if not _is_http(value):
            raise ValueError("DODO_PAYMENTS_BASE_URL must be an http or https address.")
        return value.rstrip("/")

    @property
    def is_set(self) -> bool:
        """Whether any variable of this vendor is set."""
        return bool(self.model_fields_set)

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of needed variables that are not set."""
        return () if self.api_key else ("DODO_PAYMENTS_API_KEY",)


def _is_http(address: str) -> bool:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return False
    return url.scheme in {"http", "https"} and bool(url.host)
