"""An observer that records the events that it receives."""

from dataclasses import dataclass

from groupgate.domain.errors import UpstreamError
from groupgate.domain.provider import ProviderState
from groupgate.domain.refs import AccountKey
from groupgate.observer import CacheResult, EndedRequest, UpstreamCall


@dataclass(frozen=True, slots=True)
class Retried:
    """An `upstream_call_retried` event."""

    provider: AccountKey
    error: type[UpstreamError]
    seconds: float


@dataclass(frozen=True, slots=True)
class StateChanged:
    """A `provider_state_changed` event."""

    provider: AccountKey
    before: ProviderState
    after: ProviderState


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A `cache_looked_up` event."""

    provider: AccountKey
    result: CacheResult


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A `values_unreadable` event."""

    provider: AccountKey
    nulls: int
    rows: int


Event = Unreadable | UpstreamCall | Retried | StateChanged | LookedUp | EndedRequest


class RecordingObserver:
    """Records events in the order in which it receives them."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def upstream_call_ended(self, call: UpstreamCall) -> None:
        self.events.append(call)

    def upstream_call_retried(self, error: UpstreamError, seconds: float) -> None:
        self.events.append(Retried(error.provider, type(error), seconds))

    def provider_state_changed(
        self, provider: AccountKey, before: ProviderState, after: ProviderState
    ) -> None:
        self.events.append(StateChanged(provider, before, after))

    def cache_looked_up(self, provider: AccountKey, result: CacheResult) -> None:
        self.events.append(LookedUp(provider, result))

    def values_unreadable(self, provider: AccountKey, nulls: int, rows: int) -> None:
        self.events.append(Unreadable(provider, nulls, rows))

    def request_ended(self, request: EndedRequest) -> None:
        self.events.append(request)

    def take(self) -> list[Event]:
        """Return the events since the last call."""
        events, self.events = self.events, []
        return events
