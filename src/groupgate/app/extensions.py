"""The `extensions` of a response: its stale and unreadable parts, and its explanation.

The explanation of an operation is what it cost and saved, and its calls to vendors in time.
"""

from collections.abc import Mapping
from math import inf
from typing import Any

import structlog

from groupgate.app.access_control import RequestAccess
from groupgate.app.auth.caller import Caller
from groupgate.app.settings import Settings
from groupgate.domain.planner import PlannedWrite
from groupgate.domain.provider import Provider, ProviderState
from groupgate.domain.refs import AccountKey
from groupgate.request import Deadline, RequestScope, Stale, now
from groupgate.schema.errors import code_of
from groupgate.schema.guardrails import Cost
from groupgate.timeline import TimedAnswer, TimedCall, Timeline, WriteState

_log = structlog.get_logger()


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


class Explainer:
    """Explains the operations of clients that ask for it."""

    def __init__(self, settings: Settings, providers: Mapping[AccountKey, Provider]) -> None:
        self._settings = settings
        self._providers = providers

    def timeline(self, deadline: Deadline) -> Timeline:
        """Return the timeline of a request with this deadline, from when it arrived."""
        return Timeline(deadline.at - self._settings.deadline)

    def extensions(
        self,
        timeline: Timeline,
        cost: Cost,
        scope: RequestScope,
        caller: Caller,
        access: RequestAccess,
    ) -> dict[str, Any]:
        """Return `cost`, `upstream` and `timeline` of an operation that was executed.

        Times are in milliseconds since the request arrived.
        """
        return {
            "cost": self._cost(cost, scope, access),
            "upstream": [_call_entry(call, timeline) for call in timeline.calls],
            "timeline": {
                "elapsed": _milliseconds(timeline, now()),
                "deadline": _milliseconds(timeline, scope.deadline.at),
                "answers": [_answer_entry(answer, timeline) for answer in timeline.answers],
                "writes": [_write_entry(write, state) for write, state in timeline.writes],
                "providers": self._states(timeline, scope, caller),
            },
        }

    def _cost(self, cost: Cost, scope: RequestScope, access: RequestAccess) -> dict[str, Any]:
        settings = self._settings
        allowed = {
            "upstreamCalls": settings.upstream_calls_per_request,
            "points": settings.max_points,
        }
        spent = {"upstreamCalls": len(scope.calls), "cacheHits": sum(scope.cache_hits.values())}
        if settings.rate_points_per_minute:
            allowed["pointsPerMinute"] = settings.rate_points_per_minute
            spent["points"] = access.taken
        return {
            "rows": cost.rows,
            "upstreamCalls": cost.upstream_calls,
            "points": cost.points,
            "allowed": allowed,
            "spent": spent,
        }

    def _states(
        self, timeline: Timeline, scope: RequestScope, caller: Caller
    ) -> list[dict[str, str]]:
        """Return the states of the vendors that were called, and of those with an open breaker."""
        used = {call.provider for call in timeline.calls} | set(scope.stale)
        states = {
            key: provider.status.state
            for key, provider in self._providers.items()
            if key in caller.permissions.readable
        }
        return [
            {**key.labels, "state": state.value}
            for key, state in states.items()
            if key in used or state is ProviderState.UNAVAILABLE
        ]


def _call_entry(call: TimedCall, timeline: Timeline) -> dict[str, Any]:
    """Describe one try of a call. `milliseconds` is from its sending to its end."""
    sent_at, ended_at = call.sent_at, call.ended_at
    return {
        **call.provider.labels,
        "method": call.method,
        "path": call.path,
        "status": call.status,
        "attempt": call.attempt,
        "begun": _milliseconds(timeline, call.begun_at),
        "sent": _milliseconds(timeline, sent_at),
        "connected": _milliseconds(timeline, call.connected_at),
        "ended": _milliseconds(timeline, ended_at),
        "milliseconds": round((ended_at - sent_at) * 1000, 1) if sent_at and ended_at else None,
    }


def _answer_entry(answer: TimedAnswer, timeline: Timeline) -> dict[str, Any]:
    return {
        **answer.provider.labels,
        "path": answer.path,
        "result": answer.result.value,
        "begun": _milliseconds(timeline, answer.begun_at),
        "ended": _milliseconds(timeline, answer.ended_at),
        "failed": answer.is_failed,
        "ageSeconds": None if answer.age is None else round(answer.age, 1),
    }


def _write_entry(write: PlannedWrite, state: WriteState) -> dict[str, Any]:
    return {
        "method": write.method,
        "path": write.path,
        "description": write.description,
        "state": state.value,
    }


def _milliseconds(timeline: Timeline, moment: float | None) -> float | None:
    if moment is None or moment == inf:
        return None
    return round(timeline.milliseconds(moment), 1)
