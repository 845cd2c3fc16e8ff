"""The gateway's own settings: what they accept, and what is said about what they do not."""

import pytest

from groupgate.app.misconfigured import Misconfigured
from groupgate.cli.environment import own_settings

JWT = {
    "GROUPGATE_JWT_ISSUER": "https://issuer.example/",
    "GROUPGATE_JWT_AUDIENCE": "groupgate",
    "GROUPGATE_JWT_JWKS_URL": "https://issuer.example/keys",
}
ORIGINS = (
    "GROUPGATE_CORS_ORIGINS must hold origins as browsers send them, such as "
    "https://shop.example or http://localhost:3000, without a path."
)
TOGETHER = (
    "GROUPGATE_JWT_ISSUER, GROUPGATE_JWT_AUDIENCE and GROUPGATE_JWT_JWKS_URL must be set together."
)


@pytest.fixture(autouse=True)
def _no_env_file(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))


def refused(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    """What is said about these variables."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured) as raised:
        own_settings()
    return str(raised.value)


def test_unset_nothing_is_known_limited_or_open() -> None:
    settings = own_settings()
    assert settings.knows_callers is False
    assert settings.anonymous is None
    assert settings.rate_points_per_minute == 0
    assert (settings.cors_origins, settings.cors_credentials) == ((), False)


@pytest.mark.parametrize(
    "variables", [JWT, {"GROUPGATE_TOKENS": "x"}, {"GROUPGATE_TOKENS_FILE": "x"}]
)
def test_each_way_to_know_callers_counts(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert own_settings().knows_callers is True


@pytest.mark.parametrize("missing", JWT)
def test_what_jwts_need_comes_together(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    assert refused(monkeypatch, **{**JWT, missing: ""}) == TOGETHER


@pytest.mark.parametrize(
    "url", ["http://issuer.example/keys", "issuer.example", "file:///keys", "https://[", "//x"]
)
def test_keys_are_not_fetched_where_they_could_be_swapped(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    told = refused(monkeypatch, **{**JWT, "GROUPGATE_JWT_JWKS_URL": url})
    assert told == "GROUPGATE_JWT_JWKS_URL must be an https address."


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080"])
def test_an_issuer_on_this_machine_needs_no_tls(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    for name, value in {**JWT, "GROUPGATE_JWT_JWKS_URL": f"http://{host}/keys"}.items():
        monkeypatch.setenv(name, value)
    assert own_settings().jwt_jwks_url == f"http://{host}/keys"


def test_a_gateway_that_nobody_may_call_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(monkeypatch, GROUPGATE_ANONYMOUS="none") == (
        "GROUPGATE_ANONYMOUS=none lets nobody call, for there are no tokens and no JWTs."
    )


@pytest.mark.parametrize(
    ("given", "origins"),
    [
        ("https://a.example", ("https://a.example",)),
        (
            " https://a.example:8443, http://localhost:3000 ,http://[::1]:3000,",
            ("https://a.example:8443", "http://localhost:3000", "http://[::1]:3000"),
        ),
        ("*", ("*",)),
        ("chrome-extension://abc", ("chrome-extension://abc",)),
        (" , ", ()),
    ],
)
def test_origins_stand_between_commas(
    monkeypatch: pytest.MonkeyPatch, given: str, origins: tuple[str, ...]
) -> None:
    monkeypatch.setenv("GROUPGATE_CORS_ORIGINS", given)
    assert own_settings().cors_origins == origins


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "a.example",
        "https://a.example/",
        "https://A.example",
        "https://a.example:443",
        "http://a.example:80",
        "https://*.example",
        "https://u@a.example",
        "https://a.example https://b.example",
        "https://",
    ],
)
def test_what_no_browser_sends_is_no_origin(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    assert refused(monkeypatch, GROUPGATE_CORS_ORIGINS=f"https://b.example,{origin}") == ORIGINS


def test_credentials_are_not_for_every_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"GROUPGATE_CORS_ORIGINS": "https://a.example,*", "GROUPGATE_CORS_CREDENTIALS": "1"}
    assert refused(monkeypatch, **variables) == (
        "GROUPGATE_CORS_CREDENTIALS cannot be on while GROUPGATE_CORS_ORIGINS has `*`."
    )
