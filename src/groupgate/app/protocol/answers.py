"""Answers: a status, a media type and JSON, as each kind of client expects them."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.responses import Response

from groupgate.app.protocol.media import Media
from groupgate.app.protocol.request_error import Reason, RequestError, Told

PARTIAL_SUCCESS: Final = 294


class ResponseWriter:
    """Writes answers for one client: of the media type it prefers, with the statuses it knows."""

    def __init__(self, media: Media, *, draft: bool) -> None:
        self._media = media
        self._draft = draft

    def result(
        self,
        data: Mapping[str, Any] | None,
        errors: list[Told],
        extensions: Mapping[str, Any] | None = None,
    ) -> Response:
        """Tell what an execution came to."""
        body: dict[str, Any] = {"data": data}
        if errors:
            body["errors"] = errors
        if extensions:
            body["extensions"] = extensions
        partial = self._draft and bool(errors) and self._media is Media.GRAPHQL
        return _json(self._media, PARTIAL_SUCCESS if partial else 200, body)

    def request_error(self, request_error: RequestError) -> Response:
        """Tell why nothing is executed. There is no `data` then, not even null."""
        # The draft: clients of the older type are told in it of success only.
        media = Media.GRAPHQL if self._draft else self._media
        response = _json(
            media, self._status(request_error.reason), {"errors": request_error.errors}
        )
        response.headers.update({**request_error.headers, "Cache-Control": "no-store"})
        return response

    def _status(self, reason: Reason) -> int:
        if self._draft:
            return reason.draft or reason.status
        legacy = reason.legacy if self._media is Media.JSON else None
        return legacy or reason.status


def _json(media: Media, status: int, body: object) -> Response:
    headers = {"Content-Type": f"{media}; charset=utf-8"}
    return Response(msgspec.json.encode(body), status, headers)
