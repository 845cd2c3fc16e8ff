"""The environment variables of 2Checkout."""

from typing import ClassVar, Final, Literal

from pydantic import SecretStr, field_validator

from groupgate.configuration.model import Address, VendorSettings

HashAlgorithm = Literal["sha3-256", "sha256"]

HOST: Final = "https://api.2checkout.com/rest/6.0"
"""The only documented host, which is production: the vendor has no test host for this API."""


class Settings(VendorSettings):
    """The credentials of 2Checkout and the base URL to send them to."""

    variable_prefix: ClassVar[str] = "TWOCHECKOUT_"
    similar_prefixes: ClassVar[tuple[str, ...]] = ("TWO_CHECKOUT_",)

    merchant_code: str = ""
    secret_key: SecretStr = SecretStr("")
    base_url: Address = HOST
    hash_algorithm: HashAlgorithm = "sha3-256"

    @field_validator("merchant_code")
    @classmethod
    def _check_merchant_code(cls, value: str) -> str:
        if not (value.isascii() and value.isprintable()) or '"' in value:
            raise ValueError("must be of printable ASCII characters, without quotes")
        return value

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of required variables that are not set."""
        required = {
            "TWOCHECKOUT_MERCHANT_CODE": self.merchant_code,
            "TWOCHECKOUT_SECRET_KEY": self.secret_key.get_secret_value(),
        }
        return tuple(name for name, value in required.items() if not value)
