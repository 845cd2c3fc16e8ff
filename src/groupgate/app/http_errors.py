"""Errors of HTTP, such as an address where nothing is, told as GraphQL clients can read them."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from groupgate.app.protocol.answers import Answers
from groupgate.app.protocol.media import Media
from groupgate.app.protocol.refusal import Reason, Refusal


async def tell_http_error(_request: Request, error: Exception) -> Response:
    """Answer for Starlette, which raises HTTPException where no route fits."""
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    reason = Reason(code=status.name, status=status)
    refusal = Refusal.saying(reason, f"{error.detail}.", error.headers)
    return Answers(Media.JSON, draft=False).refusal(refusal)
