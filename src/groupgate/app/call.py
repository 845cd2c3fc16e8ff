"""One request to /graphql whose caller is known and whose parameters have been read."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from groupgate.app.access_control import RequestAccess
from groupgate.app.auth.caller import Caller
from groupgate.app.protocol.requests import Parameters, parameters_from_body, parameters_from_url
from groupgate.app.protocol.responses import ResponseWriter
from groupgate.app.query_cache import QueryKey, QueryResponse
from groupgate.app.request_report import RequestReport
from groupgate.app.shared_caches import add_cache_headers
from groupgate.request import Deadline

READ_METHODS: Final = frozenset({"GET", "HEAD"})
"""Methods that have their parameters in the URL, and execute queries only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request whose caller is known and whose parameters have been read."""

    request: Request
    parameters: bytes
    key: QueryKey | None
    access: RequestAccess
    caller: Caller
    writer: ResponseWriter
    deadline: Deadline
    report: RequestReport

    @property
    def request_id(self) -> str:
        """The id of the request."""
        request_id: str = self.request.scope["request_id"]
        return request_id

    @property
    def is_get(self) -> bool:
        """True if the parameters are in the URL."""
        return self.request.method in READ_METHODS

    def decode_parameters(self) -> Parameters:
        """Return the parameters; raise RequestError if they are malformed."""
        decode = parameters_from_url if self.is_get else parameters_from_body
        return decode(self.parameters)

    def for_caches(
        self, response: Response, shared: QueryResponse | None, max_age: int
    ) -> Response:
        """Add what caches need to the response to a GET (see `add_cache_headers`)."""
        if not self.is_get:
            return response
        return add_cache_headers(
            response,
            self.request.headers,
            shared,
            is_anonymous=self.caller.is_anonymous,
            max_age=max_age,
        )
