"""What the gateway knows of traces without OpenTelemetry."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from inspect import iscoroutinefunction
from typing import Any, Final, Protocol, cast

from starlette.types import ASGIApp

from groupgate.app.settings import Settings
from groupgate.configuration.model import Misconfigured
from groupgate.domain.provider import Provider
from groupgate.observer import Observer

TRACE_ID: Final = "groupgate.trace_id"
"""The key in the ASGI scope of the trace's id, 32 hexadecimal digits; missing without traces."""

_READS: Final = frozenset(
    name for name, member in vars(Provider).items() if iscoroutinefunction(member)
) - {"ping"}
"""The methods that read one batch."""

Read = Callable[[Sequence[Any]], Coroutine[Any, Any, Any]]

Attributes = Mapping[str, str | int]


class Tracer(Protocol):
    """Makes the spans inside a request."""

    def span(self, name: str, attributes: Attributes | None = None) -> AbstractContextManager[None]:
        """Open a span below the present one, until the context closes."""


class Tracing(Tracer, Observer, Protocol):
    """Traces of one gateway: spans of requests, and of calls from the events of their ends."""

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Return an app that opens a span for each request to /graphql."""

    def close(self) -> None:
        """Export the spans that have ended; takes seconds if the collector does not respond."""


def load_tracing(settings: Settings) -> Tracing | None:
    """Return the traces that the settings ask for; raise Misconfigured if they cannot be had."""
    if not settings.traces:
        return None
    try:
        module = import_module("groupgate.app.tracing.spans")
    except ImportError as error:
        raise Misconfigured(
            f"GROUPGATE_TRACES needs OpenTelemetry: install groupgate[otel] ({error.msg})."
        ) from None
    tracing: Tracing = module.open_tracing(propagates=settings.propagate_trace)
    return tracing


def traced_reads(provider: Provider, tracer: Tracer) -> Provider:
    """Return the provider with a span for each batch that it reads."""
    return cast("Provider", _TracedProvider(provider, tracer))


class _TracedProvider:
    def __init__(self, provider: Provider, tracer: Tracer) -> None:
        self._provider = provider
        self._tracer = tracer

    def __getattr__(self, name: str) -> Any:
        """Return what the provider has; in place of a read, one with a span."""
        member = getattr(self._provider, name)
        return self._traced(name, member) if name in _READS else member

    def _traced(self, name: str, read: Read) -> Read:
        account = self._provider.key

        async def read_batch(keys: Sequence[Any]) -> Any:
            with self._tracer.span(
                f"{name} {account.path}",
                {
                    "groupgate.vendor": account.vendor.value,
                    "groupgate.account": account.account,
                    "groupgate.batch_size": len(keys),
                },
            ):
                return await read(keys)

        return read_batch
