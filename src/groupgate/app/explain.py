"""The explain view: what an operation was estimated to cost, and what it then really took."""

from typing import Any, Final

from starlette.datastructures import Headers

from groupgate.observer import UpstreamCall
from groupgate.request import RequestScope
from groupgate.schema.guardrails import Cost

HEADER: Final = "Groupgate-Explain"


def is_wanted(headers: Headers) -> bool:
    """Whether the client asks to be told."""
    return headers.get(HEADER, "0").lower() not in {"0", "false", ""}


def explain(cost: Cost, scope: RequestScope) -> dict[str, Any]:
    """Return the `extensions` that tell."""
    return {
        "cost": {
            "rows": cost.rows,
            "upstreamCalls": cost.upstream_calls,
            "points": cost.points,
            "spent": {
                "upstreamCalls": len(scope.calls),
                "cacheHits": scope.cache_hits.total(),
            },
        },
        "upstream": [_told(call) for call in scope.calls],
    }


def _told(call: UpstreamCall) -> dict[str, Any]:
    return {
        "provider": call.provider.value,
        "method": call.method,
        "path": call.path,
        "status": call.status,
        "milliseconds": round(call.milliseconds, 1),
    }
