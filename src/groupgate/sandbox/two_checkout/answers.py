"""What 2Checkout answers: bare `true` for a write, a code and a message for a failure."""

from urllib.parse import quote

from groupgate.sandbox.asgi import Answer


class RefusedError(Exception):
    """A request that 2Checkout turns down; only 400 is documented for that."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class MissingError(RefusedError):
    """A product or group that does not exist; its status is not documented."""


def refused(status: int, code: str, message: str) -> Answer:
    """Answer a failure."""
    return Answer(status=status, body={"error_code": code, "message": message})


def done() -> Answer:
    """Answer a change; no entity ever comes back."""
    return Answer(body=True)


def created(kind: str, code: str) -> Answer:
    """Answer a creation; where the new thing is stands in a header only."""
    location = f"/{kind}/{quote(code, safe='')}/"
    return Answer(status=201, body=True, headers={"Location": location})


def invalid(what: str) -> RefusedError:
    """Return the error for something in the request that does not fit."""
    return RefusedError("INVALID_DATA", f"Invalid {what}")
