"""HTTP conventions of the 2Checkout API: bare values, errors and pages."""

from typing import Any

from groupgate.sandbox.simulator import Page, Request, Response, positive_integer

Json = dict[str, Any]

_DEFAULT_LIMIT, _MAX_LIMIT = 10, 200


class ApiError(Exception):
    """A refused request; 400 is the only documented status."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class NotFoundError(ApiError):
    """A product or group does not exist; the status is not documented."""


def error_response(status: int, code: str, message: str) -> Response:
    """Return the response to a request that failed."""
    return Response(status=status, body={"error_code": code, "message": message})


def done() -> Response:
    """Return the response to a change: `true`, without the changed entity."""
    return Response(body=True)


def invalid(field: str) -> ApiError:
    """Return the error for an invalid parameter or field."""
    return ApiError("INVALID_DATA", f"Invalid {field}")


def page_params(request: Request) -> Page:
    """Return the requested page; a limit above the maximum is reduced to it (assumed)."""
    limit = min(_positive_param(request, "Limit", _DEFAULT_LIMIT), _MAX_LIMIT)
    return Page(number=_positive_param(request, "Page", 1), limit=limit)


def _positive_param(request: Request, name: str, default: int) -> int:
    text = request.param(name)
    if text is None:
        return default
    value = positive_integer(text)
    if value is None:
        raise invalid(name)
    return value
