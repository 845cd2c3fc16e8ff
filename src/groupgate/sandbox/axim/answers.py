"""Axim's envelope: reads carry `data`, writes add a `message`, failures have only the message."""

from typing import Any

from groupgate.sandbox.asgi import Answer


class RefusedError(Exception):
    """A request that Axim turns down."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def read(data: Any, **more: Any) -> Answer:
    """Answer a read; documented samples show no message there."""
    return Answer(body={"success": True, "data": data, **more})


def written(message: str, **more: Any) -> Answer:
    """Answer a write; a deletion has no data."""
    return Answer(body={"success": True, "message": message, **more})


def refused(status: int, message: str) -> Answer:
    """Answer a failure; no page shows such a body, so its shape is assumed."""
    return Answer(status=status, body={"success": False, "message": message})


def invalid(what: str = "input data") -> RefusedError:
    """Return the error for something in the request that does not fit."""
    return RefusedError(400, f"Invalid {what}")
