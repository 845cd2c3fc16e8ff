"""Spans of the batches that the dataloaders read from vendors."""

from collections.abc import Callable, Coroutine, Sequence
from inspect import iscoroutinefunction
from typing import Any, Final, cast

from groupgate.app.tracing.tracer import Tracer
from groupgate.domain.provider import Provider

_READS: Final = frozenset(
    name for name, member in vars(Provider).items() if iscoroutinefunction(member)
) - {"ping"}
"""The methods that read one batch."""

Read = Callable[[Sequence[Any]], Coroutine[Any, Any, Any]]


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
