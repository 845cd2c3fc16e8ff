"""The environment variables of Toy Vendor."""

from typing import ClassVar

from groupgate.configuration.model import Address, HeaderSecret, VendorSettings


class Settings(VendorSettings):
    """The connection to Toy Vendor."""

    variable_prefix: ClassVar[str] = "TOY_"

    api_key: HeaderSecret | None = None
    base_url: Address = "https://toys.example"

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of required variables that are not set."""
        return () if self.api_key else ("TOY_API_KEY",)
