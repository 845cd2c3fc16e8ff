"""What nobody foresaw: logged once, and told to the client without saying what it was."""

from graphql import GraphQLError
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groupgate.app.protocol.answers import ResponseWriter
from groupgate.app.protocol.media import Media
from groupgate.app.protocol.request_error import FAILED, RequestError
from groupgate.schema.errors import format_errors


class Failures:
    """Answers 500 in JSON for any exception; stands below RequestId, whose id it tells."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except ClientDisconnect:
            return  # nobody is there to be answered
        except Exception as error:
            if started:
                raise
            await _failed(error, scope["request_id"])(scope, receive, send)


def _failed(error: Exception, request_id: str) -> ASGIApp:
    told = format_errors([GraphQLError("", original_error=error)], request_id)
    return ResponseWriter(Media.JSON, draft=False).request_error(RequestError(FAILED, told))
