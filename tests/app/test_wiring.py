"""From settings to vendors: which are connected, by which policy, and over what addresses."""

import httpx
import pytest

from groupgate.app.misconfigured import Misconfigured
from groupgate.app.policies import policy_of
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.domain.refs import ProviderKey
from groupgate.sandbox.app import Sandbox
from groupgate.upstream.rate_limit.limiter import Rate
from groupgate.upstream.vendor_state import Policy

AXIM = {"AXIM_ACCESS_TOKEN": "token", "AXIM_BASE_URL": "https://axim.example"}


def test_dodo_is_held_to_its_lowest_tier_unless_it_says_otherwise() -> None:
    """40 and 240 are documented; its headers may raise them."""
    assert policy_of(Settings.model_construct(), ProviderKey.DODO) == Policy(
        concurrency=16,
        per_second=Rate(calls=40),
        per_minute=Rate(calls=240),
        cache_ttl=5,
        cache_stale_if_error=300,
        cache_bytes=67_108_864,
    )


@pytest.mark.parametrize("key", [ProviderKey.AXIM, ProviderKey.TWO_CHECKOUT])
def test_the_others_have_no_limit_unless_it_is_set(key: ProviderKey) -> None:
    """None is documented."""
    policy = policy_of(Settings.model_construct(), key)
    assert (policy.per_second, policy.per_minute) == (Rate(), Rate())


def test_a_limit_that_is_set_is_not_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if it is the one that would be there anyway."""
    monkeypatch.setenv("GROUPGATE_DODO_RATE_PER_MINUTE", "240")
    monkeypatch.setenv("GROUPGATE_TWOCHECKOUT_RATE_PER_SECOND", "3")
    settings = Settings()
    dodo, other = (policy_of(settings, key) for key in (ProviderKey.DODO, ProviderKey.TWO_CHECKOUT))
    assert (dodo.per_second, dodo.per_minute) == (Rate(calls=40), Rate(calls=240, is_fixed=True))
    assert (other.per_second, other.per_minute) == (Rate(calls=3, is_fixed=True), Rate())


@pytest.mark.parametrize(
    "address",
    [
        "https://axim.example",
        "http://localhost:9000/axim",
        "http://127.0.0.1:9000/axim",
        "http://[::1]:9000/axim",
    ],
)
def test_addresses_that_nobody_can_listen_to_are_taken(address: str) -> None:
    """https, and this machine."""
    vendors = connect(AXIM | {"AXIM_BASE_URL": address})
    assert list(vendors.providers) == [ProviderKey.AXIM]


def test_http_to_another_machine_has_to_be_allowed() -> None:
    """Nothing is sent in the clear by mistake; the sentence names both variables."""
    given = AXIM | {"AXIM_BASE_URL": "http://axim.example"}
    with pytest.raises(Misconfigured) as caught:
        connect(given)
    assert str(caught.value) == (
        "AXIM_BASE_URL is an http:// address of another machine: keys could be read on the way "
        "to it. Make it https://, or set GROUPGATE_ALLOW_INSECURE_UPSTREAM=true."
    )
    allowed = connect(given, settings=Settings.model_construct(allow_insecure_upstream=True))
    assert list(allowed.providers) == [ProviderKey.AXIM]


def test_vendors_that_are_played_in_this_process_have_any_address() -> None:
    """Nothing leaves it."""
    sandbox = Sandbox()
    vendors = connect(
        sandbox.environment("http://sandbox"), lambda: httpx.ASGITransport(app=sandbox)
    )
    assert list(vendors.providers) == list(ProviderKey)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (AXIM | {"AXIM_BASE_URL": "axim"}, "AXIM_BASE_URL must be an http or https address."),
        (
            AXIM | {"AXIM_ACCESS_TOKEN": "schlüssel"},
            "AXIM_ACCESS_TOKEN must be of printable ASCII characters.",
        ),
        (
            {"DODO_PAYMENTS_API_KEY": "key", "DODO_PAYMENTS_ENVIRONMENT": "beta"},
            "DODO_PAYMENTS_ENVIRONMENT must be test_mode or live_mode.",
        ),
    ],
)
def test_variables_that_cannot_work_stop_the_start(given: dict[str, str], told: str) -> None:
    """Each in a sentence that names it, and never its value."""
    with pytest.raises(Misconfigured) as caught:
        connect(given)
    assert str(caught.value) == told
