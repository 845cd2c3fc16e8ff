"""Errors that the gateway raises on purpose.

GatewayError
├── Refused               the client can correct it: reported in the payload's `userErrors`
└── UpstreamError         the vendor failed: reported in the response's top-level `errors`
    ├── Unavailable       timeout, broken connection, 5xx
    │   └── Unsent        the call was not sent: circuit breaker open, or deadline reached
    │       └── Unreachable   no connection could be opened
    ├── Throttled         429, or held back to stay within the vendor's limits
    ├── TooManyCalls      one request needs more calls than it may make
    ├── Denied            401, 403: the vendor does not accept the gateway's credentials
    └── Malformed         the response is not what the vendor documents
        ├── Rejected      any other status that is not a success
        └── Unconfirmed   a write succeeded by its status, but the body cannot be read
"""

import secrets
from enum import Enum

from groupgate.domain.refs import AccountKey
from groupgate.domain.refusals import Refusal


class GatewayError(Exception):
    """Base class of every error raised on purpose."""


class Refused(GatewayError):
    """A mutation is refused, for each of the given reasons."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(*(refusal.message for refusal in refusals))
        self.refusals = refusals


class WriteOutcome(Enum):
    """State of a write whose call failed."""

    NOT_APPLIED = "NOT_APPLIED"
    UNKNOWN = "UNKNOWN"


class UpstreamError(GatewayError):
    """A vendor failed. Clients see the message: no secrets, nothing of the vendor's body.

    `retry_after` is in seconds. All errors that result from one failure have the same `cause`.
    `outcome` is set for writes only.
    """

    retryable = False

    def __init__(
        self, provider: AccountKey, message: str, *, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.message = message
        self.retry_after = retry_after
        self.cause = secrets.token_hex(6)
        self.outcome: WriteOutcome | None = None


class Unavailable(UpstreamError):
    """The vendor could not be reached, was too slow, or returned a server error."""

    retryable = True


class Unsent(Unavailable):
    """The call was not sent to the vendor."""


class Unreachable(Unsent):
    """No connection to the vendor could be opened.

    `reason` is for operators: it may name hosts of the network, so clients do not receive it.
    """

    def __init__(self, provider: AccountKey, message: str, *, reason: str = "") -> None:
        super().__init__(provider, message)
        self.reason = reason


class Throttled(UpstreamError):
    """The vendor's rate limit is reached; `retry_after` is when to try again."""

    retryable = True


class TooManyCalls(UpstreamError):
    """One request needs more upstream calls than it may make; only a smaller request succeeds."""


class Denied(UpstreamError):
    """The vendor does not accept the gateway's credentials."""


class Malformed(UpstreamError):
    """The response is not what the vendor documents.

    `json_path` is the place of the error in the body, such as `$.items[0].name`.
    """

    def __init__(self, provider: AccountKey, message: str, *, json_path: str | None = None) -> None:
        super().__init__(provider, message)
        self.json_path = json_path


class Rejected(Malformed):
    """The vendor returned a status that is neither a success nor an error listed above.

    A provider catches this error if it knows the meaning of the status. `body` is for the provider
    only: it is never shown to clients.
    """

    def __init__(self, provider: AccountKey, status: int, body: bytes) -> None:
        name = provider.display_name
        super().__init__(provider, f"{name} rejected a call of the gateway with status {status}.")
        self.status = status
        self.body = body


class Unconfirmed(Malformed):
    """The response to a write has a status of success, but a body that cannot be read.

    Only a read from the vendor shows whether the write was applied.
    """


def clear_traceback(error: BaseException) -> None:
    """Remove an error's traceback, cause and context.

    A traceback keeps the local variables of every frame alive, usually including an object that
    refers to the error; only the cyclic garbage collector frees such a cycle.
    """
    error.__context__ = error.__cause__ = None
    error.__traceback__ = None
