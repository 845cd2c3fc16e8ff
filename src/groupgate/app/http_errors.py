"""Errors of HTTP, such as an address where nothing is, told as GraphQL clients can read them."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from groupgate.app.protocol.answers import ResponseWriter
from groupgate.app.protocol.media import Media
from groupgate.app.protocol.request_error import Reason, RequestError


async def tell_http_error(_request: Request, error: Exception) -> Response:
    """Answer for Starlette, which raises HTTPException where no route fits."""
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    reason = Reason(code=status.name, status=status)
    request_error = RequestError.saying(reason, f"{error.detail}.", error.headers)
    return ResponseWriter(Media.JSON, draft=False).request_error(request_error)
