"""Which pages may call from browsers, and that no page makes a browser call unawares."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from groupgate.app.protocol.answers import ResponseWriter
from groupgate.app.protocol.media import Media
from groupgate.app.protocol.request_error import FORBIDDEN, RequestError
from groupgate.app.settings import Settings

_OURS: Final = frozenset({Media.GRAPHQL.value, Media.JSON.value})
_ANY: Final = frozenset({"", "*/*", "application/*"})
_EXPOSED: Final = ("Age", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id")


def cors(settings: Settings) -> list[Middleware]:
    """The middleware that lets pages of other origins call; none unless it is configured."""
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            _Cors,
            allow_origins=settings.cors_origins,
            allow_methods=("GET", "HEAD", "POST"),
            allow_headers=("*",),  # clients have headers of their own: for tracing, for retrying
            allow_credentials=settings.cors_credentials,
            expose_headers=_EXPOSED,
        )
    ]


class _Cors(CORSMiddleware):
    """Starlette's, with errors told as everywhere else."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Say whether a request may be sent."""
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return response
        request_error = RequestError.saying(FORBIDDEN, f"{bytes(response.body).decode()}.")
        told = ResponseWriter(Media.JSON, draft=False).request_error(request_error)
        told.headers["Vary"] = response.headers["Vary"]
        return told


def check_browser(headers: Headers, allowed: Collection[str]) -> None:
    """Refuse a GET that a browser makes for a page of another site, or for anything but `fetch`.

    Forms, links, images and scripts can make a browser send a GET that nobody has asked for.
    Browsers say so in `Sec-Fetch-*`, and where they leave that out, over plain http, forms and
    images still name the types they are after. They cannot POST, for that takes JSON, and they
    cannot read the answer, which CORS sees to.
    """
    if headers.get("sec-fetch-dest", "empty") != "empty" or _is_after_other_types(headers):
        message = "Browsers may ask by fetch only, not by opening, showing or loading an address."
        raise RequestError.saying(FORBIDDEN, message)
    if headers.get("sec-fetch-site", "none") in {"none", "same-origin"}:
        return
    origin = headers.get("origin")
    if origin is None or not ({origin, "*"} & set(allowed)):
        raise RequestError.saying(FORBIDDEN, "Pages of this origin may not call.")


def _is_after_other_types(headers: Headers) -> bool:
    given = ",".join(headers.getlist("accept")).lower()
    named = {one.partition(";")[0].strip() for one in given.split(",")}
    return not (named & _OURS) and not named <= _ANY
