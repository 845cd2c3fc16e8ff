"""The file of accounts: what it may contain, and which accounts are connected."""

from pathlib import Path
from typing import Final

import httpx
import pytest

from groupgate.app.auth.jwks import MakeTransport
from groupgate.app.health import Mode
from groupgate.app.settings import Settings
from groupgate.app.wiring import DEFAULT_TRANSPORT, Vendors, connect
from groupgate.configuration.model import Misconfigured
from groupgate.domain.errors import Denied
from groupgate.domain.refs import NamedAccount, ProviderKey

AXIM: Final = """
[[accounts]]
name = "main"
vendor = "AXIM"
AXIM_ACCESS_TOKEN = { env = "AXIM_MAIN" }
AXIM_BASE_URL = "https://axim.example"
"""
DODO: Final = """
[[accounts]]
name = "eu"
vendor = "DODO"
DODO_PAYMENTS_API_KEY = { file = "dodo-eu" }
DODO_PAYMENTS_ENVIRONMENT = "live_mode"

[[accounts]]
name = "us"
vendor = "DODO"
DODO_PAYMENTS_API_KEY = "key of us"
"""
EU, US = NamedAccount(ProviderKey.DODO, "eu"), NamedAccount(ProviderKey.DODO, "us")
MAIN: Final = NamedAccount(ProviderKey.AXIM, "main")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AXIM_MAIN", "token of main")
    monkeypatch.setenv("DODO_PAYMENTS_API_KEY", "key of nobody")
    (tmp_path / "dodo-eu").write_text("key of eu\n")
    return tmp_path / "accounts.toml"


def connect_to(
    file: Path,
    content: str,
    variables: dict[str, str] | None = None,
    transport: MakeTransport = DEFAULT_TRANSPORT,
) -> Vendors:
    file.write_text(content)
    return connect(variables or {}, transport, Settings.model_construct(accounts=file))


def test_the_accounts_are_connected_in_the_order_of_their_vendors(file: Path) -> None:
    vendors = connect_to(file, DODO + AXIM)

    assert list(vendors.providers) == [MAIN, EU, US]
    assert [provider.key for provider in vendors.providers.values()] == [MAIN, EU, US]
    assert [state.provider for state in vendors.vendor_state] == [MAIN, EU, US]
    assert len({id(state.cache) for state in vendors.vendor_state}) == 3
    assert len(set(map(id, vendors.transports))) == 3


@pytest.mark.anyio
async def test_each_account_is_called_with_its_own_variables(file: Path) -> None:
    calls: list[tuple[str, str]] = []

    def respond(request: httpx.Request) -> httpx.Response:
        own = request.headers.get("authorization") or request.headers["accesstoken"]
        calls.append((request.url.host, own))
        return httpx.Response(401)

    vendors = connect_to(file, DODO + AXIM, transport=lambda: httpx.MockTransport(respond))
    for provider in vendors.providers.values():
        with pytest.raises(Denied) as raised:
            await provider.ping()
        assert raised.value.provider == provider.key

    assert calls == [
        ("axim.example", "token of main"),
        ("live.dodopayments.com", "Bearer key of eu"),
        ("test.dodopayments.com", "Bearer key of us"),
    ]
    assert vendors.mode is Mode.LIVE


def test_vendors_without_an_account_in_the_file_keep_their_variables(file: Path) -> None:
    variables = {"AXIM_ACCESS_TOKEN": "token", "AXIM_BASE_URL": "https://axim.example"}
    assert list(connect_to(file, DODO, variables).providers) == [ProviderKey.AXIM, EU, US]


def test_an_account_takes_nothing_from_the_variables_of_its_vendor(file: Path) -> None:
    """It would call the vendor with the key of another account."""
    content = '[[accounts]]\nname = "eu"\nvendor = "DODO"'
    with pytest.raises(Misconfigured) as raised:
        connect_to(file, content)
    assert str(raised.value) == (
        "Dodo Payments (eu) is configured incompletely: set DODO_PAYMENTS_API_KEY too."
    )


def test_a_vendor_has_either_named_accounts_or_variables(file: Path) -> None:
    with pytest.raises(Misconfigured) as raised:
        connect_to(file, DODO, {"DODO_PAYMENTS_API_KEY": "key"})
    assert str(raised.value) == (
        "DODO_PAYMENTS_API_KEY is set, but GROUPGATE_ACCOUNTS has accounts of Dodo Payments: "
        "remove the variable, or move it into the file as an account of its own."
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "none.toml"
    with pytest.raises(Misconfigured) as raised:
        connect({}, settings=Settings.model_construct(accounts=file))
    assert str(raised.value) == (
        f"GROUPGATE_ACCOUNTS: {file} cannot be read: No such file or directory."
    )


def account(*lines: str, name: str = '"eu"', vendor: str = '"DODO"') -> str:
    return "\n".join(["[[accounts]]", f"name = {name}", f"vendor = {vendor}", *lines])


KEYS: Final = "AXIM, DODO, TWO_CHECKOUT"
NAME: Final = (
    "set it to 1 to 64 letters, digits, dots, dashes or underscores, of which the first is a "
    "letter or a digit"
)
VALUE: Final = (
    "has DODO_PAYMENTS_API_KEY of the account eu of DODO as something else than a text, "
    '{ env = "the name of a variable" } or { file = "a path" }'
)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "must have a table [[accounts]] for each account"),
        ("accounts = 3", "must have a table [[accounts]] for each account"),
        ("accounts = [3]", "must have a table [[accounts]] for each account"),
        ("tokens = 3\naccounts = []", "has tokens, but only tables [[accounts]] are allowed"),
        ("[[accounts]]", f"has no vendor in account 1: set it to one of {KEYS}"),
        (account(vendor='"dodo"'), f"has no vendor in account 1: set it to one of {KEYS}"),
        (account(name='""'), f"has no name in account 1: {NAME}"),
        (account(name='"e/u"'), f"has no name in account 1: {NAME}"),
        (account(name="3"), f"has no name in account 1: {NAME}"),
        (DODO + account('DODO_PAYMENTS_API_KEY = "k"'), "has two accounts eu of DODO"),
        (
            account('DODO_API_KEY = "k"'),
            (
                "has DODO_API_KEY, which no account can have, in the account eu of DODO; did you "
                "mean DODO_PAYMENTS_API_KEY?"
            ),
        ),
        (
            account('AXIM_ACCESS_TOKEN = "k"', name='"eu"', vendor='"TWO_CHECKOUT"'),
            "has AXIM_ACCESS_TOKEN, which no account can have, in the account eu of TWO_CHECKOUT",
        ),
        (
            account('DODO_PAYMENTS_API_KEY = { env = "NOT_SET" }'),
            "has DODO_PAYMENTS_API_KEY of the account eu of DODO from NOT_SET, which is not set",
        ),
        (account("DODO_PAYMENTS_API_KEY = 3"), VALUE),
        (account('DODO_PAYMENTS_API_KEY = { env = "A", file = "b" }'), VALUE),
        (account('DODO_PAYMENTS_API_KEY = { path = "s3cret" }'), VALUE),
    ],
)
def test_what_cannot_be_used_is_said_in_one_sentence(
    file: Path, content: str, problem: str
) -> None:
    with pytest.raises(Misconfigured) as raised:
        connect_to(file, content)
    assert str(raised.value) == f"GROUPGATE_ACCOUNTS: {file} {problem}."


def test_a_missing_secret_is_named_by_its_file(file: Path) -> None:
    with pytest.raises(Misconfigured) as raised:
        connect_to(file, account('DODO_PAYMENTS_API_KEY = { file = "none" }'))
    assert str(raised.value) == (
        f"GROUPGATE_ACCOUNTS: {file} names {file.parent / 'none'}, which cannot be read: "
        "No such file or directory."
    )


def test_a_bad_value_is_not_repeated(file: Path) -> None:
    """It may be a secret that was written into the wrong line."""
    lines = ('DODO_PAYMENTS_API_KEY = "k"', 'DODO_PAYMENTS_ENVIRONMENT = "s3cret"')
    with pytest.raises(Misconfigured) as raised:
        connect_to(file, account(*lines))
    assert str(raised.value) == (
        f"DODO_PAYMENTS_ENVIRONMENT ({file}, the account eu of DODO) must be test_mode or "
        "live_mode."
    )


def test_keys_are_not_sent_unencrypted(file: Path) -> None:
    lines = ('DODO_PAYMENTS_API_KEY = "k"', 'DODO_PAYMENTS_BASE_URL = "http://dodo.example"')
    with pytest.raises(Misconfigured, match=r"^Dodo Payments \(eu\): DODO_PAYMENTS_BASE_URL is an"):
        connect_to(file, account(*lines))
