"""The environment variables of Dodo Payments."""

from typing import ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from groupgate.configuration.model import Address, HeaderSecret, VendorSettings

_HOSTS = {
    "test_mode": "https://test.dodopayments.com",
    "live_mode": "https://live.dodopayments.com",
}


class Settings(VendorSettings):
    """The API key of Dodo Payments and the host to send it to."""

    variable_prefix: ClassVar[str] = "DODO_PAYMENTS_"
    similar_prefixes: ClassVar[tuple[str, ...]] = ("DODO_PAYMENT_",)

    api_key: HeaderSecret | None = None
    environment: Literal["test_mode", "live_mode"] = "test_mode"
    base_url: Address = Field(default="", validate_default=True)
    """The base URL without a trailing slash; by default that of the environment's host."""

    @field_validator("base_url")
    @classmethod
    def _default_to_environment(cls, value: str, info: ValidationInfo) -> str:
        return value or _HOSTS[info.data.get("environment", "test_mode")]

    @property
    def is_test(self) -> bool:
        """True if the base URL is the host of the test mode."""
        return self.base_url == _HOSTS["test_mode"]

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of required variables that are not set."""
        return () if self.api_key else ("DODO_PAYMENTS_API_KEY",)
