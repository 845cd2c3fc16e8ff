"""The environment variables of Axim Commerce."""

import httpx
from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """How Axim Commerce is reached. An empty variable counts as unset."""

    model_config = SettingsConfigDict(
        env_prefix="AXIM_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    access_token: SecretStr | None = None
    base_url: str = ""
    """What stands before `/productGroup/all`. No host is documented, so there is no default."""

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value and not _is_http(value):
            raise ValueError("AXIM_BASE_URL must be an http or https address.")
        return value.rstrip("/")

    @property
    def is_set(self) -> bool:
        """Whether any variable of this vendor is set."""
        return bool(self.access_token or self.base_url)

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of needed variables that are not set."""
        needed = {"AXIM_ACCESS_TOKEN": self.access_token, "AXIM_BASE_URL": self.base_url}
        return tuple(name for name, value in needed.items() if not value)


def _is_http(address: str) -> bool:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return False
    return url.scheme in {"http", "https"} and bool(url.host)
