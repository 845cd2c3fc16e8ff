"""Requests of browsers: CORS, and the check that no page sends a GET without its user's intent."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from groupgate.app.protocol.request_error import FORBIDDEN, RequestError
from groupgate.app.protocol.responses import Media, error_response
from groupgate.app.settings import Settings

_GRAPHQL_TYPES: Final = frozenset({Media.GRAPHQL.value, Media.JSON.value})
_WILDCARDS: Final = frozenset({"", "*/*", "application/*"})
_EXPOSED_HEADERS: Final = (
    "Age",
    "Idempotency-Replayed",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
)


def cors_middleware(settings: Settings) -> list[Middleware]:
    """Return the middleware that admits pages of other origins; none unless configured."""
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            _Cors,
            allow_origins=settings.cors_origins,
            allow_methods=("GET", "HEAD", "POST"),
            allow_headers=("*",),  # clients send headers of their own for tracing and retries
            allow_credentials=settings.cors_credentials,
            expose_headers=_EXPOSED_HEADERS,
        )
    ]


class _Cors(CORSMiddleware):
    """Starlette's CORS middleware, with errors in the format of all other errors."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Respond to the question if a request may be sent."""
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return response
        message = f"{bytes(response.body).decode()}."
        rejection = error_response(RequestError.with_message(FORBIDDEN, message))
        rejection.headers["Vary"] = response.headers["Vary"]
        return rejection


def check_browser(headers: Headers, allowed: Collection[str]) -> None:
    """Raise RequestError for a GET that a page of another site causes, or that is not a `fetch`.

    Links, forms, images and scripts can make a browser send a GET that its user did not intend.
    Browsers mark such requests with `Sec-Fetch-*`. Where they omit these headers, over plain
    http, forms and images still name their media types in `Accept`. A POST needs no check: it
    requires JSON, which forms cannot send. CORS prevents that the page reads the response.
    """
    if headers.get("sec-fetch-dest", "empty") != "empty" or _accepts_other_types(headers):
        message = "Browsers may send queries by fetch only, not by opening or embedding a URL."
        raise RequestError.with_message(FORBIDDEN, message)
    if headers.get("sec-fetch-site", "none") in {"none", "same-origin"}:
        return
    origin = headers.get("origin")
    if origin is None or not ({origin, "*"} & set(allowed)):
        message = "Pages of this origin may not call the gateway (GROUPGATE_CORS_ORIGINS)."
        raise RequestError.with_message(FORBIDDEN, message)


def _accepts_other_types(headers: Headers) -> bool:
    accept = ",".join(headers.getlist("accept")).lower()
    named = {part.partition(";")[0].strip() for part in accept.split(",")}
    return not (named & _GRAPHQL_TYPES) and not named <= _WILDCARDS
