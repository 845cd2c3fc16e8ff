"""The caller of one request."""

from dataclasses import dataclass
from typing import Final

from groupgate.app.auth.permissions import Permissions

_ANONYMOUS: Final = "anonymous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, under a name that no caller of another kind can have, and what it may do."""

    name: str
    permissions: Permissions

    @classmethod
    def anonymous(cls, permissions: Permissions) -> "Caller":
        """A caller that does not say who it is."""
        return cls(name=_ANONYMOUS, permissions=permissions)

    @classmethod
    def of_token(cls, name: str, permissions: Permissions) -> "Caller":
        """The caller that a token was made for."""
        return cls(name=f"token:{name}", permissions=permissions)

    @classmethod
    def of_subject(cls, subject: str, permissions: Permissions) -> "Caller":
        """The subject of a JWT."""
        return cls(name=f"jwt:{subject}", permissions=permissions)

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody knows who calls."""
        return self.name == _ANONYMOUS
