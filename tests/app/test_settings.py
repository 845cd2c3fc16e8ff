"""The gateway's own settings: which values they accept, and the messages for other values."""

from pathlib import Path
from typing import Any

import pytest

from groupgate.app.settings import Settings
from groupgate.configuration.model import Misconfigured
from tests.app.gateway import gateway_client

JWT = {
    "GROUPGATE_JWT_ISSUER": "https://issuer.example/",
    "GROUPGATE_JWT_AUDIENCE": "groupgate",
    "GROUPGATE_JWT_JWKS_URL": "https://issuer.example/keys",
}
ORIGINS = (
    "GROUPGATE_CORS_ORIGINS must contain origins as browsers send them, such as "
    "https://shop.example or http://localhost:3000, without a path."
)
TOGETHER = (
    "GROUPGATE_JWT_ISSUER, GROUPGATE_JWT_AUDIENCE and GROUPGATE_JWT_JWKS_URL must be set together."
)


def message_about(**variables: str) -> str:
    """Return the message about these variables."""
    with pytest.raises(Misconfigured) as raised:
        Settings.from_variables(variables)
    return str(raised.value)


def test_defaults_have_no_callers_limits_or_origins() -> None:
    settings = Settings.from_variables({})
    assert settings.knows_callers is False
    assert settings.anonymous is None
    assert settings.rate_points_per_minute == 0
    assert (settings.cors_origins, settings.cors_credentials) == ((), False)


@pytest.mark.parametrize(
    "variables", [JWT, {"GROUPGATE_TOKENS": "x"}, {"GROUPGATE_TOKENS_FILE": "x"}]
)
def test_tokens_or_jwts_make_callers_known(variables: dict[str, str]) -> None:
    assert Settings.from_variables(variables).knows_callers is True


@pytest.mark.parametrize("missing", JWT)
def test_jwt_settings_must_be_set_together(missing: str) -> None:
    assert message_about(**{**JWT, missing: ""}) == TOGETHER


@pytest.mark.parametrize(
    "url", ["http://issuer.example/keys", "issuer.example", "file:///keys", "https://[", "//x"]
)
def test_jwks_urls_without_tls_are_rejected(url: str) -> None:
    message = message_about(**{**JWT, "GROUPGATE_JWT_JWKS_URL": url})
    assert message == "GROUPGATE_JWT_JWKS_URL must be an https address."


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080"])
def test_a_loopback_issuer_needs_no_tls(host: str) -> None:
    variables = {**JWT, "GROUPGATE_JWT_JWKS_URL": f"http://{host}/keys"}
    assert Settings.from_variables(variables).jwt_jwks_url == f"http://{host}/keys"


def test_a_gateway_without_any_permitted_caller_is_rejected() -> None:
    assert message_about(GROUPGATE_ANONYMOUS="none") == (
        "GROUPGATE_ANONYMOUS=none rejects every caller, because neither tokens nor JWTs are "
        "configured."
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
def test_origins_are_separated_by_commas(given: str, origins: tuple[str, ...]) -> None:
    assert Settings.from_variables({"GROUPGATE_CORS_ORIGINS": given}).cors_origins == origins


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
def test_malformed_origins_are_rejected(origin: str) -> None:
    assert message_about(GROUPGATE_CORS_ORIGINS=f"https://b.example,{origin}") == ORIGINS


def test_public_caching_does_not_fit_tokens() -> None:
    token = f"ci sha256:{'0' * 64} read"
    variables = {"GROUPGATE_TOKENS": token, "GROUPGATE_PUBLIC_MAX_AGE": "60"}
    assert message_about(**variables) == (
        "GROUPGATE_PUBLIC_MAX_AGE requires that all callers see the same: remove it, or the tokens "
        "and JWTs."
    )


def test_credentials_for_every_origin_are_rejected() -> None:
    variables = {"GROUPGATE_CORS_ORIGINS": "https://a.example,*", "GROUPGATE_CORS_CREDENTIALS": "1"}
    assert message_about(**variables) == (
        "GROUPGATE_CORS_CREDENTIALS cannot be true while GROUPGATE_CORS_ORIGINS has `*`."
    )


@pytest.mark.parametrize(
    ("name", "value", "attribute", "expected"),
    [
        ("GROUPGATE_HTTP_STATUSES", "draft", "http_statuses", "draft"),
        ("GROUPGATE_MAX_BODY_BYTES", "1000", "max_body_bytes", 1000),
        ("GROUPGATE_TRUSTED_DOCUMENTS", "a.json", "trusted_documents", Path("a.json")),
        ("GROUPGATE_INTROSPECTION", "off", "introspection", False),
        ("GROUPGATE_SUGGESTIONS", "off", "suggestions", False),
        ("GROUPGATE_EXPLORER", "off", "explorer", False),
        ("GROUPGATE_EXPLORER", "on", "explorer", True),
        ("GROUPGATE_EXPLORER", "", "explorer", True),
    ],
)
def test_a_setting_is_read_from_the_environment(
    name: str, value: str, attribute: str, expected: object
) -> None:
    assert getattr(Settings.from_variables({name: value}), attribute) == expected


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("GROUPGATE_HTTP_STATUSES", "new", "must be standard or draft."),
        ("GROUPGATE_MAX_BODY_BYTES", "0", "must be greater than 0."),
        (
            "GROUPGATE_EXPLORER",
            "maybe",
            "must be true or false.",
        ),
    ],
)
def test_an_invalid_value_is_reported_with_its_variable(
    name: str, value: str, sentence: str
) -> None:
    assert message_about(**{name: value}) == f"{name} {sentence}"


@pytest.mark.parametrize(
    ("setting", "limit", "allowed", "query"),
    [
        ("max_characters", "characters", 20, "{ providers { key name } }"),
        ("max_tokens", "tokens", 5, "{ providers { key name } }"),
        ("max_depth", "depth", 1, "{ providers { key } }"),
        ("max_fields", "fields", 2, "{ providers { key name } }"),
        ("max_aliases", "aliases", 1, "{ a: __typename b: __typename }"),
        ("max_directives", "directives", 0, "{ __typename @include(if: true) }"),
        ("max_points", "points", 1, "{ providers { products { nodes { id } } } }"),
    ],
)
@pytest.mark.anyio
async def test_each_document_limit_is_a_setting(
    setting: str, limit: str, allowed: int, query: str
) -> None:
    """A document over the limit is rejected; the default limit accepts it."""
    given: dict[str, Any] = {setting: allowed}
    async with gateway_client(**given) as client:
        response = await client.post("/graphql", json={"query": query})
    (error,) = response.json()["errors"]
    extensions = error["extensions"]
    assert response.status_code == 400
    assert (extensions["code"], extensions["limit"], extensions["allowed"]) == (
        "DOCUMENT_TOO_COMPLEX",
        limit,
        allowed,
    )
    async with gateway_client() as client:
        assert "data" in (await client.post("/graphql", json={"query": query})).json()
