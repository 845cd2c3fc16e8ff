"""The environment variables of Axim Commerce."""

from pydantic_settings import SettingsConfigDict

from groupgate.upstream.vendor_settings import Address, HeaderSecret, VendorSettings


class Settings(VendorSettings):
    """How Axim Commerce is reached."""

    model_config = SettingsConfigDict(env_prefix="AXIM_")

    access_token: HeaderSecret | None = None
    base_url: Address = ""
    """What stands before `/productGroup/all`. No host is documented, so there is no default."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of needed variables that are not set."""
        needed = {"AXIM_ACCESS_TOKEN": self.access_token, "AXIM_BASE_URL": self.base_url}
        return tuple(name for name, value in needed.items() if not value)
