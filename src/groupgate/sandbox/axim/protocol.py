"""HTTP conventions of the Axim API: response envelope, errors, pages and request bodies."""

from typing import Any

from groupgate.sandbox.simulator import Page, Request, Response, positive_integer

Json = dict[str, Any]


class ApiError(Exception):
    """Ends a request with a status and a message; no page shows the body, so it is assumed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.response = Response(status=status, body={"success": False, "message": message})


def invalid(subject: str = "input data") -> ApiError:
    """Return the error for an invalid parameter or body."""
    return ApiError(400, f"Invalid {subject}")


def read_response(data: Any, **fields: Any) -> Response:
    """Return the response to a read; the documented samples have no message."""
    return Response(body={"success": True, "data": data, **fields})


def write_response(message: str, **fields: Any) -> Response:
    """Return the response to a write; a deletion has no data."""
    return Response(body={"success": True, "message": message, **fields})


def page_params(
    request: Request,
    *,
    number: str = "page",
    limit: str = "limit",
    default: int = 10,
    maximum: int = 50,
) -> Page:
    """Return the requested page; a limit above the maximum is reduced to it (assumed)."""
    return Page(
        number=_positive_param(request, number, 1),
        limit=min(_positive_param(request, limit, default), maximum),
    )


def _positive_param(request: Request, name: str, default: int) -> int:
    text = request.param(name)
    if text is None:
        return default
    value = positive_integer(text)
    if value is None:
        raise invalid(name)
    return value


def pagination(page: Page, total: int) -> Json:
    """Return the pagination object; page and total are documented, the other keys assumed."""
    pages = -(-total // page.limit)
    return {"page": page.number, "limit": page.limit, "total": total, "totalPages": pages}


def parse_body(request: Request) -> Json:
    """Return the body, which must be an object."""
    if not isinstance(request.json, dict):
        raise invalid()
    return request.json


def parse_name(value: Any) -> str:
    """Return a name, which must not be blank."""
    if not isinstance(value, str) or not value.strip():
        raise invalid()
    return value


def parse_flag(value: Any) -> bool:
    """Return a boolean."""
    if not isinstance(value, bool):
        raise invalid()
    return value


def parse_ids(body: Json, name: str) -> tuple[str, ...]:
    """Return a field that lists ids; it may be absent."""
    ids = body.get(name, [])
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise invalid()
    return tuple(ids)
