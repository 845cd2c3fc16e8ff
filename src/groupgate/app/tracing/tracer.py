"""What the gateway knows of traces without OpenTelemetry."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from typing import Final, Protocol

from starlette.types import ASGIApp

from groupgate.app.settings import Settings
from groupgate.configuration.model import Misconfigured
from groupgate.observer import Observer

TRACE_ID: Final = "groupgate.trace_id"
"""The key in the ASGI scope of the trace's id, 32 hexadecimal digits; missing without traces."""


Attributes = Mapping[str, str | int]


class Tracer(Protocol):
    """Makes the spans inside a request."""

    def span(self, name: str, attributes: Attributes | None = None) -> AbstractContextManager[None]:
        """Open a span below the present one, until the context closes."""


class NoTracer:
    """Makes no spans."""

    def span(
        self,
        name: str,  # noqa: ARG002 - there is no span to name
        attributes: Attributes | None = None,  # noqa: ARG002
    ) -> AbstractContextManager[None]:
        """Return a context without effect."""
        return nullcontext()


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
