"""The gateway's settings as each vendor's policy, and what is asked of a vendor's address."""

from groupgate.app.addresses import is_loopback, scheme_and_host
from groupgate.app.misconfigured import Misconfigured
from groupgate.app.settings import Settings
from groupgate.domain.refs import ProviderKey
from groupgate.upstream.rate_limit.limiter import Rate
from groupgate.upstream.vendor_state import Policy


def policy_of(settings: Settings, key: ProviderKey) -> Policy:
    """Return how calls to this vendor are bounded, and its answers kept."""
    return Policy(
        concurrency=settings.upstream_concurrency,
        per_second=_rate(settings, key, "per_second"),
        per_minute=_rate(settings, key, "per_minute"),
        cache_ttl=settings.cache_ttl,
        cache_stale_if_error=settings.cache_stale_if_error,
        cache_bytes=settings.cache_bytes,
    )


def check_address(variable: str, address: str, settings: Settings) -> None:
    """Raise Misconfigured if keys would be sent in the clear to another machine."""
    scheme, host = scheme_and_host(address)
    if scheme == "http" and not is_loopback(host) and not settings.allow_insecure_upstream:
        raise Misconfigured(
            f"{variable} is an http:// address of another machine: keys could be read on the way "
            "to it. Make it https://, or set GROUPGATE_ALLOW_INSECURE_UPSTREAM=true."
        )


def _rate(settings: Settings, key: ProviderKey, window: str) -> Rate:
    """A limit, as the variable says if it is set, else as is known; a new vendor has none."""
    name = f"{key.value.replace('_', '').lower()}_rate_{window}"
    calls: int | None = getattr(settings, name, None)
    return Rate(calls=calls, is_fixed=name in settings.model_fields_set)
