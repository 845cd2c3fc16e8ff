"""From settings to vendors: which are connected, with which limits and addresses."""

import asyncio
from inspect import signature

import httpx
import pytest

from groupgate.app.auth.jwks import KeySource
from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import DEFAULT_TRANSPORT, connect, policy_of
from groupgate.configuration.model import Misconfigured
from groupgate.domain.refs import ProviderKey
from groupgate.http11.transport import Http11Transport
from groupgate.request import Deadline
from groupgate.sandbox.app import Sandbox
from groupgate.upstream.rate_limit.limits import Rate
from groupgate.upstream.vendor_state import Policy
from tests.listening import listening, port_of

AXIM = {"AXIM_ACCESS_TOKEN": "token", "AXIM_BASE_URL": "https://axim.example"}


def test_dodo_defaults_to_the_rates_of_its_lowest_tier() -> None:
    """40 and 240 are documented; the headers of responses may report other rates."""
    assert policy_of(Settings.model_construct(), ProviderKey.DODO) == Policy(
        concurrency=16,
        per_second=Rate(calls=40),
        per_minute=Rate(calls=240),
        cache_ttl=5,
        cache_stale_if_error=300,
        cache_bytes=67_108_864,
        path_words=frozenset({"product-collections", "groups", "items", "products", "unarchive"}),
    )


@pytest.mark.parametrize("key", [ProviderKey.AXIM, ProviderKey.TWO_CHECKOUT])
def test_the_other_vendors_have_no_default_rate(key: ProviderKey) -> None:
    """No rate is documented."""
    policy = policy_of(Settings.model_construct(), key)
    assert (policy.per_second, policy.per_minute) == (Rate(), Rate())


def test_a_rate_that_is_set_is_fixed() -> None:
    """This holds even if it equals the default."""
    settings = Settings.from_variables(
        {"GROUPGATE_DODO_RATE_PER_MINUTE": "240", "GROUPGATE_TWOCHECKOUT_RATE_PER_SECOND": "3"}
    )
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
def test_encrypted_and_loopback_addresses_are_accepted(address: str) -> None:
    vendors = connect(AXIM | {"AXIM_BASE_URL": address})
    assert list(vendors.providers) == [ProviderKey.AXIM]


def test_http_to_another_machine_must_be_allowed() -> None:
    """The message names both variables."""
    given = AXIM | {"AXIM_BASE_URL": "http://axim.example"}
    with pytest.raises(Misconfigured) as caught:
        connect(given)
    assert str(caught.value) == (
        "AXIM_BASE_URL is an http:// address of another machine, so the keys would be sent "
        "unencrypted. Use https://, or set GROUPGATE_ALLOW_INSECURE_UPSTREAM=true."
    )
    allowed = connect(given, settings=Settings.model_construct(allow_insecure_upstream=True))
    assert list(allowed.providers) == [ProviderKey.AXIM]


def test_in_process_simulators_may_have_any_address() -> None:
    """No key leaves the process."""
    sandbox = Sandbox()
    vendors = connect(
        sandbox.environment("http://sandbox"), lambda: httpx.ASGITransport(app=sandbox)
    )
    assert list(vendors.providers) == list(ProviderKey)


@pytest.mark.parametrize(
    ("variables", "message"),
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
def test_invalid_vendor_variables_are_reported_without_their_values(
    variables: dict[str, str], message: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        connect(variables)
    assert str(caught.value) == message


@pytest.mark.anyio
async def test_the_issuer_of_jwts_is_called_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As vendors are."""
    lines: list[bytes] = []

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(await reader.readline())
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"keys":[]}')
        writer.close()

    async with listening(respond) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port_of(proxy)}")
        keys = KeySource("http://issuer.example/keys", DEFAULT_TRANSPORT)
        assert await keys.keys(Deadline()) == []
    assert lines == [b"GET http://issuer.example/keys HTTP/1.1\r\n"]


def test_every_vendor_is_called_by_the_transport_that_loses_no_connection() -> None:
    vendors = connect(AXIM)
    (transport,) = vendors.transports
    assert isinstance(transport, Http11Transport)
    assert signature(create_app).parameters["transport"].default is DEFAULT_TRANSPORT
