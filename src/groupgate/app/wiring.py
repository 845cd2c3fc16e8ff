"""Wiring: from settings to vendors and stores; the only module that imports both halves."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import httpx

from groupgate.app.accounts import SETTING as ACCOUNTS
from groupgate.app.accounts import Account, read_accounts
from groupgate.app.addresses import is_loopback, scheme_and_host
from groupgate.app.auth.jwks import MakeTransport
from groupgate.app.health import Mode
from groupgate.app.memory_stores import (
    MemoryBuckets,
    MemoryDocumentStore,
    MemoryIdempotencyStore,
)
from groupgate.app.observers import GatewayObserver
from groupgate.app.query_cache import WriteCounter
from groupgate.app.settings import RateWindow, Settings, rate_setting
from groupgate.configuration.model import Misconfigured, SettingsModel, in_source
from groupgate.configuration.sources import CONFIG, Names, read_sources
from groupgate.domain.provider import Provider
from groupgate.domain.refs import AccountKey, NamedAccount, ProviderKey
from groupgate.http11.transport import Http11Transport
from groupgate.observer import Observer, VendorLevels
from groupgate.stores import SharedBudget, Stores, WriteNotices
from groupgate.upstream.rate_limit.limiter import RateLimiter
from groupgate.upstream.rate_limit.limits import Rate
from groupgate.upstream.rate_limit.shared import SharedRateLimiter
from groupgate.upstream.sender import LONGEST_CALL
from groupgate.upstream.vendor_state import Policy, VendorState

CLOCK_MARGIN: Final = 5
"""Seconds that a mutation may take in addition to its deadline and its longest write."""

DEFAULT_TRANSPORT: Final[MakeTransport] = Http11Transport
"""Makes the connections to vendors and to the issuer of JWTs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendors:
    """The providers of the configured vendors, their HTTP transports and their call states."""

    providers: Mapping[AccountKey, Provider]
    transports: tuple[httpx.AsyncBaseTransport, ...]
    vendor_state: tuple[VendorState, ...] = ()
    mode: Mode = Mode.LIVE
    notices: WriteNotices | None = None
    """What several processes tell each other about writes."""
    observer: Observer | None = None
    """Receives the events of calls, and those of requests unless `create_app` has another."""

    def levels(self) -> list[VendorLevels]:
        """Return the present state of the calls to each vendor, for metrics."""
        return [state.levels() for state in self.vendor_state]

    @property
    def has_named_accounts(self) -> bool:
        """True if an accounts file is used."""
        return any(isinstance(key, NamedAccount) for key in self.providers)

    def write_counters(self) -> Mapping[AccountKey, WriteCounter]:
        """Return the counter of the writes that each vendor has received from this gateway."""
        return {state.provider: state.cache for state in self.vendor_state}

    async def aclose(self) -> None:
        """Wait for writes in progress, then close the connections."""
        for vendor_state in self.vendor_state:
            await vendor_state.writes.wait_all()
        if self.notices is not None:
            await self.notices.aclose()
        for transport in self.transports:
            await transport.aclose()


def make_stores(settings: Settings) -> Stores:
    """Make the stores, in memory or, if GROUPGATE_REDIS_URL is set, in Redis."""
    if settings.redis_url:
        return _redis_stores(settings, settings.redis_url)
    return Stores(
        idempotency=MemoryIdempotencyStore(settings.idempotency_ttl),
        documents=MemoryDocumentStore(),
        buckets=MemoryBuckets(settings.rate_points_per_minute),
    )


def _redis_stores(settings: Settings, url: str) -> Stores:
    # Only a gateway with a shared store imports the client: the import takes 0.1 s.
    redis = partial(import_module, package="groupgate.app.redis")
    connection = redis(".connection").RedisConnection(
        url, settings.redis_encryption_key, settings.redis_timeout
    )
    longest = settings.deadline + LONGEST_CALL + CLOCK_MARGIN
    idempotency = redis(".idempotency").RedisIdempotencyStore(
        connection, ttl=settings.idempotency_ttl, longest=longest
    )
    notices = redis(".write_notices").RedisWriteNotices(
        connection, longest=longest, check_entries=idempotency.check_entries
    )
    make_budget = redis(".vendor_limits").RedisBudget
    budgets: dict[str, SharedBudget] = {}

    def budget(account: AccountKey) -> SharedBudget:
        shared: SharedBudget = make_budget(connection, account.path, lambda: notices.processes)
        budgets[account.path] = shared
        return shared

    return Stores(
        idempotency=idempotency,
        documents=redis(".documents").RedisDocumentStore(connection),
        buckets=redis(".caller_limits").RedisBuckets(connection, settings.rate_points_per_minute),
        cache=redis(".vendor_responses").RedisSharedCache(connection, budgets),
        notices=notices,
        budget=budget,
        connection=connection,
    )


def connect(
    variables: Mapping[str, str] | None = None,
    transport: MakeTransport = DEFAULT_TRANSPORT,
    settings: Settings | None = None,
    observer: Observer | None = None,
    stores: Stores | None = None,
) -> Vendors:
    """Make the providers of all accounts, in the order of their vendors' keys.

    These are the accounts in the file that the settings name, and those of the other vendors whose
    variables are set.
    Without `variables`, those of the environment, of `.env` and of the file that GROUPGATE_CONFIG
    names are used. `settings` are the gateway's own, by default without these. The observer, by
    default the log and the metrics, receives the events of calls. `stores` has what the caches of
    vendors share with other processes. Raises Misconfigured if a vendor's variables are incomplete,
    or if its keys would be sent unencrypted.
    """
    own = settings or Settings.model_construct()
    used_observer = observer or GatewayObserver(own)
    given = read_variables() if variables is None else variables
    providers: dict[AccountKey, Provider] = {}
    transports, vendor_states, mode = [], [], Mode.TEST
    for key, vendor_settings in _accounts(own, given):
        vendor = _vendor_package(key.vendor)
        if transport is DEFAULT_TRANSPORT:
            _check_encryption(key, vendor, vendor_settings.base_url, own)
        if not vendor_settings.is_test:
            mode = Mode.LIVE
        own_transport = transport()
        policy = policy_of(own, key.vendor)
        vendor_state = VendorState(
            key, policy, used_observer, stores, _shared_rate_limiter(key, policy, stores)
        )
        transports.append(own_transport)
        vendor_states.append(vendor_state)
        providers[key] = vendor.build(vendor_settings, own_transport, vendor_state)
    return Vendors(
        providers=providers,
        transports=tuple(transports),
        vendor_state=tuple(vendor_states),
        mode=mode,
        notices=None if stores is None else stores.notices,
        observer=used_observer,
    )


def _shared_rate_limiter(
    key: AccountKey, policy: Policy, stores: Stores | None
) -> RateLimiter | None:
    """Make the rate limiter whose limits hold for all processes; None in a single one."""
    if stores is None or stores.budget is None:
        return None
    return SharedRateLimiter(
        key,
        budget=stores.budget(key),
        concurrency=policy.concurrency,
        per_second=policy.per_second,
        per_minute=policy.per_minute,
    )


def settings_models() -> tuple[type[SettingsModel], ...]:
    """Return the classes of all settings, the gateway's own first."""
    return (Settings, *(_vendor_package(key).Settings for key in ProviderKey))


def setting_names() -> Names:
    """Return the variables of all settings, and the prefixes that only they have."""
    models = settings_models()
    prefixes = [(model.variable_prefix, *model.similar_prefixes) for model in models]
    return Names(
        known={CONFIG, *(variable for model in models for variable in model.variables())},
        prefixes=tuple(prefix for each in prefixes for prefix in each),
    )


def read_variables() -> Mapping[str, str]:
    """Read the variables of this process and its files; raise Misconfigured for a bad source."""
    found = read_sources(setting_names(), os.environ)
    if found.problems:
        raise Misconfigured(" ".join(found.problems))
    return found.values


def required_variables() -> dict[str, tuple[str, ...]]:
    """Return for each vendor, by its display name, the variables that connect it."""
    packages = map(_vendor_package, ProviderKey)
    return {
        vendor.KEY.display_name: vendor.Settings.model_construct().missing for vendor in packages
    }


def policy_of(settings: Settings, key: ProviderKey) -> Policy:
    """Return the limits for calls to this vendor, and how long its responses are cached."""
    return Policy(
        concurrency=settings.upstream_concurrency,
        per_second=_rate(settings, key, "per_second"),
        per_minute=_rate(settings, key, "per_minute"),
        cache_ttl=settings.cache_ttl,
        cache_stale_if_error=settings.cache_stale_if_error,
        cache_bytes=settings.cache_bytes,
        path_words=_vendor_package(key).PATH_WORDS,
    )


def _rate(settings: Settings, key: ProviderKey, window: RateWindow) -> Rate:
    """The rate of the setting, else the vendor's default, which its headers may change."""
    name = rate_setting(key, window)
    if name in settings.model_fields_set:
        return Rate(calls=getattr(settings, name), is_fixed=True)
    return Rate(calls=_vendor_package(key).DEFAULT_RATES.get(window))


def _vendor_package(key: ProviderKey) -> ModuleType:
    return import_module(f"groupgate.providers.{key.value.lower()}")


def _accounts(own: Settings, given: Mapping[str, str]) -> Iterator[tuple[AccountKey, Any]]:
    """Yield the keys and the vendor's settings of all accounts that are configured.

    The accounts of a vendor are those in the accounts file, or the one of its variables: with both,
    it would not be clear which account an id without a name belongs to.
    """
    named = named_accounts(own.accounts) if own.accounts else {}
    for vendor_key in ProviderKey:
        vendor = _vendor_package(vendor_key)
        unnamed = _vendor_settings(vendor, given)
        accounts = named.get(vendor_key, [])
        if unnamed is not None and accounts:
            variables = [name for name in vendor.Settings.variables() if given.get(name)]
            raise Misconfigured(
                f"{variables[0]}{in_source(given[variables[0]])} is set, but {ACCOUNTS} has "
                f"accounts of {vendor_key.display_name}: remove the variable, or move it into the "
                "file as an account of its own."
            )
        if unnamed is not None:
            yield vendor_key, unnamed
        for account in accounts:
            yield account.key, _vendor_settings(vendor, account.variables, account.key)


def named_accounts(file: Path) -> Mapping[ProviderKey, list[Account]]:
    """Return the accounts in the file by vendor; raise Misconfigured if it cannot be used."""
    variables = {key: tuple(_vendor_package(key).Settings.variables()) for key in ProviderKey}
    named: dict[ProviderKey, list[Account]] = defaultdict(list)
    for account in read_accounts(file, os.environ, variables):
        named[account.key.vendor].append(account)
    return named


def _vendor_settings(
    vendor: ModuleType, variables: Mapping[str, str], account: NamedAccount | None = None
) -> Any | None:
    """Return the settings of a vendor's account; None if no variable of an unnamed one is set."""
    settings = vendor.Settings.from_variables(variables)
    if (settings.is_set or account) and settings.missing:
        raise Misconfigured(
            f"{(account or vendor.KEY).title} is configured incompletely: set "
            f"{' and '.join(settings.missing)} too."
        )
    return settings if settings.is_set or account else None


def _check_encryption(
    key: AccountKey, vendor: ModuleType, base_url: str, settings: Settings
) -> None:
    """Raise Misconfigured if keys would be sent unencrypted to another machine."""
    scheme, host = scheme_and_host(base_url)
    if scheme == "http" and not is_loopback(host) and not settings.allow_insecure_upstream:
        prefix = vendor.Settings.variable_prefix
        owner = f"{key.title}: " if isinstance(key, NamedAccount) else ""
        raise Misconfigured(
            f"{owner}{prefix}BASE_URL is an http:// address of another machine, so the keys would "
            "be sent unencrypted. Use https://, or set GROUPGATE_ALLOW_INSECURE_UPSTREAM=true."
        )
