"""What a response reports besides `data`: its age, stale and unreadable parts."""

from typing import Any, Final

import structlog
from starlette.datastructures import Headers

from groupgate.request import RequestScope, Stale
from groupgate.schema.errors import code_of

EXPLAIN: Final = "Groupgate-Explain"

_log = structlog.get_logger()


def bypasses_cache(headers: Headers) -> bool:
    """True if the request has `Cache-Control: no-cache`, so that every vendor is called."""
    directives = ",".join(headers.getlist("cache-control")).lower().split(",")
    return "no-cache" in (directive.strip() for directive in directives)


def age_headers(scope: RequestScope) -> dict[str, str]:
    """`Age` in whole seconds of the oldest cached part; empty if nothing came from the cache."""
    return {} if scope.age is None else {"Age": str(int(scope.age))}


def stale_extensions(scope: RequestScope) -> dict[str, Any]:
    """Return and log the vendors that failed and were served from the cache: age and reason.

    The response has no entry in `errors` for such a failure, so this is where it is logged.
    """
    for stale in scope.stale.values():
        _log_stale(stale)
    entries = [
        {
            **stale.provider.labels,
            "ageSeconds": stale.age_seconds,
            "reason": code_of(stale.reason),
        }
        for stale in scope.stale.values()
    ]
    return {"stale": entries} if entries else {}


def unreadable_extensions(scope: RequestScope) -> dict[str, Any]:
    """Return the places in the vendors' responses whose values could not be decoded."""
    entries = [
        {
            **place.provider.labels,
            "path": list(place.path),
            "jsonPath": place.json_path,
            "count": number,
        }
        for place, number in scope.unreadable.items()
    ]
    return {"unreadable": entries} if entries else {}


def _log_stale(stale: Stale) -> None:
    _log.warning(
        "stale_served",
        **stale.provider.labels,
        age_seconds=stale.age_seconds,
        error=type(stale.reason).__name__,
        message=stale.reason.message,
        cause=stale.reason.cause,
    )


def wants_explanation(headers: Headers) -> bool:
    """True if the request has a `Groupgate-Explain` header other than 0 or false."""
    return headers.get(EXPLAIN, "0").lower() not in {"0", "false", ""}
