"""All that can go wrong on purpose.

GatewayError
├── Refused               the user's matter: told in a payload's userErrors
└── UpstreamError         not the user's matter: told in the top-level errors
    ├── Unavailable       timeout, broken connection, 5xx
    │   └── Unsent        the call never left: the vendor is given a rest, or time is up
    │       └── Unreachable   no connection could be made
    ├── Throttled         429, or held back to stay within the vendor's limits
    ├── TooManyCalls      one request needs more calls than it may make
    ├── Denied            401, 403: our key is wrong
    └── Malformed         the answer is not what the vendor documents
        └── Rejected      a 4xx that nothing above gives a meaning to
"""

import secrets
from enum import Enum

from groupgate.domain.refs import ProviderKey
from groupgate.domain.refusals import Refusal


class GatewayError(Exception):
    """Base of everything raised on purpose."""


class Refused(GatewayError):
    """A change is refused, for each of these reasons."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(*(refusal.message for refusal in refusals))
        self.refusals = refusals


class WriteOutcome(Enum):
    """What became of a write that failed."""

    NOT_APPLIED = "NOT_APPLIED"
    UNKNOWN = "UNKNOWN"


class UpstreamError(GatewayError):
    """A vendor failed. The message is for clients: no secrets, nothing of the vendor's body.

    `cause` is the same for all that one failure makes impossible. `outcome` is told of writes.
    """

    retryable = False

    def __init__(
        self, provider: ProviderKey, message: str, *, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.provider = provider
        self.message = message
        self.retry_after = retry_after
        self.cause = secrets.token_hex(6)
        self.outcome: WriteOutcome | None = None


class Unavailable(UpstreamError):
    """It could not be reached, was too slow, or failed itself."""

    retryable = True


class Unsent(Unavailable):
    """The call never left."""


class Unreachable(Unsent):
    """No connection could be made."""


class Throttled(UpstreamError):
    """It wants fewer calls; `retry_after` seconds from now it may answer."""

    retryable = True


class TooManyCalls(UpstreamError):
    """The request needs more calls than one may make; asking for less helps, trying again not."""


class Denied(UpstreamError):
    """It does not accept our credentials."""


class Malformed(UpstreamError):
    """Its answer is not what it documents; `json_path` is the place, such as `$.items[0].name`."""

    def __init__(
        self, provider: ProviderKey, message: str, *, json_path: str | None = None
    ) -> None:
        super().__init__(provider, message)
        self.json_path = json_path


class Rejected(Malformed):
    """It refused a call with a 4xx status.

    A provider that knows what the status means catches this; `body` is for it alone.
    """

    def __init__(self, provider: ProviderKey, status: int, body: bytes) -> None:
        super().__init__(provider, f"It refused a call of the gateway with status {status}.")
        self.status = status
        self.body = body


def clear_traceback(error: BaseException) -> None:
    """Leave of an error what it says, and not how it came about.

    A trace keeps all that was at hand on the way, and mostly the error's own keeper with it; only
    a look for garbage ends such a circle.
    """
    error.__context__ = error.__cause__ = None
    error.__traceback__ = None
