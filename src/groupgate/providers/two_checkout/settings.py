"""The environment variables of 2Checkout."""

from typing import Final, Literal, get_args

import httpx
from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

HashAlgorithm = Literal["sha3-256", "sha256"]

HOST: Final = "https://api.2checkout.com/rest/6.0"
"""The only documented host. It is production: the vendor has no test host for this API."""


class Settings(BaseSettings):
    """How 2Checkout is reached. An empty variable counts as unset."""

    model_config = SettingsConfigDict(
        env_prefix="TWOCHECKOUT_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    merchant_code: str = ""
    secret_key: SecretStr = SecretStr("")
    base_url: str = HOST
    """Where the API is, without a slash at its end."""
    hash_algorithm: HashAlgorithm = "sha3-256"

    @field_validator("merchant_code")
    @classmethod
    def _fits_into_a_header(cls, value: str) -> str:
        if not (value.isascii() and value.isprintable()) or '"' in value:
            raise ValueError(
                "TWOCHECKOUT_MERCHANT_CODE must be of printable ASCII characters, without quotes."
            )
        return value

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not _is_http(value):
            raise ValueError("TWOCHECKOUT_BASE_URL must be an http or https address.")
        return value.rstrip("/")

    @field_validator("hash_algorithm", mode="before")
    @classmethod
    def _is_an_algorithm(cls, value: object) -> object:
        if value not in get_args(HashAlgorithm):
            raise ValueError("TWOCHECKOUT_HASH_ALGORITHM must be sha3-256 or sha256.")
        return value

    @property
    def is_set(self) -> bool:
        """Whether any variable of this vendor is set."""
        return bool(self.model_fields_set)

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of needed variables that are not set."""
        needed = {
            "TWOCHECKOUT_MERCHANT_CODE": self.merchant_code,
            "TWOCHECKOUT_SECRET_KEY": self.secret_key.get_secret_value(),
        }
        return tuple(name for name, value in needed.items() if not value)


def _is_http(address: str) -> bool:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return False
    return url.scheme in {"http", "https"} and bool(url.host)
