"""The environment variables of Axim Commerce."""

from typing import ClassVar

from groupgate.configuration.model import Address, HeaderSecret, VendorSettings


class Settings(VendorSettings):
    """The access token of Axim Commerce and the base URL to send it to."""

    variable_prefix: ClassVar[str] = "AXIM_"

    access_token: HeaderSecret | None = None
    base_url: Address = ""
    """The URL before `/productGroup/all`. The vendor documents no host, so there is no default."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of required variables that are not set."""
        required = {"AXIM_ACCESS_TOKEN": self.access_token, "AXIM_BASE_URL": self.base_url}
        return tuple(name for name, value in required.items() if not value)
