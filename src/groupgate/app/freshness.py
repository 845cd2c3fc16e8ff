"""How fresh an answer has to be, and how fresh it is."""

from typing import Any

import structlog
from starlette.datastructures import Headers

from groupgate.request import RequestScope, Stale
from groupgate.schema.errors import code_of

_log = structlog.get_logger()


def asks_for_fresh(headers: Headers) -> bool:
    """Whether the client wants every vendor asked, whatever is remembered of its answers."""
    directives = ",".join(headers.getlist("cache-control")).lower().split(",")
    return "no-cache" in (directive.strip() for directive in directives)


def age_headers(scope: RequestScope) -> dict[str, str]:
    """`Age`, if something was taken from memory: that of the oldest part, in whole seconds."""
    return {} if scope.age is None else {"Age": str(int(scope.age))}


def stale_extensions(scope: RequestScope) -> dict[str, Any]:
    """Which vendors failed and are shown as they were last known, how old that is, and why.

    The client has no error for it; so this is where the log has its line.
    """
    for stale in scope.stale.values():
        _note(stale)
    told = [
        {
            "provider": stale.provider.value,
            "ageSeconds": stale.age_seconds,
            "reason": code_of(stale.reason),
        }
        for stale in scope.stale.values()
    ]
    return {"stale": told} if told else {}


def _note(stale: Stale) -> None:
    _log.warning(
        "stale_served",
        provider=stale.provider.value,
        age_seconds=stale.age_seconds,
        error=type(stale.reason).__name__,
        message=stale.reason.message,
        cause=stale.reason.cause,
    )
