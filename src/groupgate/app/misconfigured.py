"""What is said when the environment does not add up."""

from pydantic import ValidationError


class Misconfigured(Exception):
    """Which variable is the matter, and what to do; no values, for they may be secret."""

    @classmethod
    def of(cls, error: ValidationError, prefix: str) -> "Misconfigured":
        """Put what pydantic found into a sentence for each variable."""
        return cls(" ".join(_sentence(one["loc"], one["msg"], prefix) for one in error.errors()))


def _sentence(location: tuple[int | str, ...], message: str, prefix: str) -> str:
    name = prefix + "_".join(map(str, location)).upper()
    message = message.removeprefix("Value error, ")
    if message.startswith("must "):
        return f"{name} {message}."
    return message if name in message else f"{name}: {message}."
