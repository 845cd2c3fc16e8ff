"""Wrong configurations: each ends a command with 2 and one sentence that helps."""

import gc
import json
import os
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from groupgate.app.wiring import setting_names
from groupgate.cli.main import app
from tests.cli.test_commands import VENDOR_VARIABLES

Content = str | bytes | None
"""The content of a file; None for a folder in its place."""

USABLE: Final = {
    "AXIM_ACCESS_TOKEN": "s3cret",
    "AXIM_BASE_URL": "https://axim.example",
    "GROUPGATE_ANONYMOUS": "read",
}
JWT: Final = {
    "GROUPGATE_JWT_ISSUER": "https://issuer.example",
    "GROUPGATE_JWT_AUDIENCE": "groupgate",
    "GROUPGATE_JWT_JWKS_URL": "https://issuer.example/keys",
}
QUOTES: Final = (
    "is in quotes, which would be a part of the value; remove them, also for `docker run "
    "--env-file`."
)
NO_TABLES: Final = "as neither text, number, boolean nor list of texts; it has no tables, only the"
PATHS: Final = "must have no query (?) and no fragment (#), as paths are added to it."
TOKEN_LINE: Final = "A token consists of a name, sha256: with 64 hexadecimal digits, and scopes."
NO_TOKENS: Final = "There are no tokens; `groupgate token NAME SCOPE` prints one."
ORIGINS: Final = (
    "must contain origins as browsers send them, such as https://shop.example or "
    "http://localhost:3000, without a path."
)
REDIS_FORM: Final = (
    "GROUPGATE_REDIS_URL has a part that Redis clients do not know: its form is "
    "redis://user:password@host:port/number."
)

VALUES: Final[list[tuple[str, str, str]]] = [
    ("GROUPGATE_DEADLINE", "inf", "must be a finite number."),
    ("GROUPGATE_DEADLINE", "nan", "must be a finite number."),
    ("GROUPGATE_DEADLINE", "0", "must be greater than 0."),
    ("GROUPGATE_DEADLINE", "-1", "must be greater than 0."),
    ("GROUPGATE_DEADLINE", "10s", "must be a number."),
    ("GROUPGATE_DEADLINE", "1e300", "must be at most 316224000."),
    ("GROUPGATE_CACHE_TTL", "inf", "must be a finite number."),
    ("GROUPGATE_CACHE_TTL", "-1", "must be at least 0."),
    ("GROUPGATE_CACHE_STALE_IF_ERROR", "Infinity", "must be a finite number."),
    ("GROUPGATE_SHUTDOWN_DELAY", "inf", "must be a finite number."),
    ("GROUPGATE_KEEP_ALIVE", "9999999999999999", "must be at most 316224000."),
    ("GROUPGATE_IDEMPOTENCY_TTL", "1d", "must be a whole number."),
    ("GROUPGATE_MAX_REQUESTS", "0", "must be greater than 0."),
    ("GROUPGATE_MAX_REQUESTS", "1.5", "must be a whole number."),
    ("GROUPGATE_CACHE_BYTES", "64MB", "must be a whole number."),
    ("GROUPGATE_MAX_TOKENS", "9" * 400, "must be at most 1000000000000."),
    ("GROUPGATE_MAX_TOKENS", "9" * 5000, "must be at most 1000000000000."),
    ("GROUPGATE_DODO_RATE_PER_MINUTE", "0", "must be greater than 0."),
    ("GROUPGATE_LOG_LEVEL", "verbose", "must be debug, info, warning or error."),
    ("GROUPGATE_LOG_FORMAT", "xml", "must be text or json."),
    ("GROUPGATE_HTTP_STATUSES", "new", "must be standard or draft."),
    ("GROUPGATE_EXPLORER", "maybe", "must be true or false."),
    ("GROUPGATE_ANONYMOUS", "admin", "must be none, read or write."),
    ("GROUPGATE_CORS_ORIGINS", "https://shop.example/", ORIGINS),
    (
        "GROUPGATE_REDIS_URL",
        "http://redis.example",
        "must be the URL of a Redis, such as redis://redis:6379/0.",
    ),
    (
        "GROUPGATE_REDIS_URL",
        "redis://redis.example/first",
        "must be the URL of a Redis, such as redis://redis:6379/0.",
    ),
    ("AXIM_BASE_URL", "axim.example", "must be an http or https address."),
    ("AXIM_BASE_URL", "https://axim.example:99999", "must be an http or https address."),
    ("AXIM_BASE_URL", "https://axim.example/api?key=s3cret", PATHS),
    ("AXIM_BASE_URL", "https://axim.example/api#top", PATHS),
    (
        "AXIM_BASE_URL",
        "https://user:s3cret@axim.example",
        "must have no user name or password before the host.",
    ),
    ("AXIM_ACCESS_TOKEN", "s3cret-ü", "must be of printable ASCII characters."),
    ("AXIM_ACCESS_TOKEN", '"s3cret"', QUOTES),
    ("DODO_PAYMENTS_ENVIRONMENT", "production", "must be test_mode or live_mode."),
    ("TWOCHECKOUT_HASH_ALGORITHM", "md5", "must be sha3-256 or sha256."),
    (
        "TWOCHECKOUT_MERCHANT_CODE",
        'ACME"1',
        "must be of printable ASCII characters, without quotes.",
    ),
    ("TWOCHECKOUT_SECRET_KEY", "'s3cret'", QUOTES),
]

FILES: Final[list[tuple[Mapping[str, str], Mapping[str, Content], str]]] = [
    ({}, {".env": "AXIM_ACCESS_TOKEN=für".encode("latin-1")}, ".env is not UTF-8."),
    ({}, {".env": None}, ".env cannot be read: Is a directory."),
    ({}, {".env": "\nAXIM_ACCESS_TOKEN: s3cret\n"}, ".env has no NAME=value in line 2."),
    ({}, {".env": "GROUPGATE_DEADLINE=inf"}, "GROUPGATE_DEADLINE (.env) must be a finite number."),
    (
        {"GROUPGATE_CONFIG": "gate.toml"},
        {},
        "gate.toml cannot be read: No such file or directory.",
    ),
    (
        {"GROUPGATE_CONFIG": "gate.toml"},
        {"gate.toml": None},
        "gate.toml cannot be read: Is a directory.",
    ),
    (
        {"GROUPGATE_CONFIG": "gate.toml"},
        {"gate.toml": "AXIM_ACCESS_TOKEN = s3cret"},
        "gate.toml is not TOML: Invalid value (at line 1, column 21).",
    ),
    (
        {"GROUPGATE_CONFIG": "gate.toml"},
        {"gate.toml": b"# f\xfcr\n"},
        "gate.toml is not UTF-8.",
    ),
    (
        {"GROUPGATE_CONFIG": "gate.toml"},
        {"gate.toml": "[axim]\naccess_token = 's3cret'"},
        f"gate.toml has axim {NO_TABLES} names of variables.",
    ),
    (
        {"GROUPGATE_CONFIG": "gate.toml"},
        {"gate.toml": "GROUPGATE_DEADLINE = inf"},
        "GROUPGATE_DEADLINE (gate.toml) must be a finite number.",
    ),
    (
        {"GROUPGATE_CONFIG": "gate.toml"},
        {"gate.toml": "GROUPGATE_EXPLORER = 2"},
        "GROUPGATE_EXPLORER (gate.toml) must be true or false.",
    ),
    (
        {"AXIM_ACCESS_TOKEN": "s3cret", "AXIM_ACCESS_TOKEN_FILE": "secret"},
        {"secret": "s3cret"},
        (
            "AXIM_ACCESS_TOKEN and AXIM_ACCESS_TOKEN_FILE (environment) are the same setting: "
            "remove one."
        ),
    ),
    (
        {"DODO_PAYMENTS_API_KEY_FILE": "secret"},
        {},
        "DODO_PAYMENTS_API_KEY_FILE names secret, which cannot be read: No such file or directory.",
    ),
    (
        {"DODO_PAYMENTS_API_KEY_FILE": "secret"},
        {"secret": None},
        "DODO_PAYMENTS_API_KEY_FILE names secret, which cannot be read: Is a directory.",
    ),
    (
        {"DODO_PAYMENTS_API_KEY_FILE": "secret"},
        {"secret": "\n"},
        "DODO_PAYMENTS_API_KEY_FILE names secret, which is empty.",
    ),
    (
        {"DODO_PAYMENTS_API_KEY_FILE": "secret"},
        {"secret": b"s3cret-\xfc"},
        "DODO_PAYMENTS_API_KEY_FILE names secret, which is not UTF-8.",
    ),
    (
        {"GROUPGATE_DEADLINE_FILE": "secret"},
        {"secret": "soon"},
        "GROUPGATE_DEADLINE (environment, file secret) must be a number.",
    ),
    (
        {"GROUPGATE_TOKENS_FILE": "tokens"},
        {},
        "GROUPGATE_TOKENS_FILE: tokens: No such file or directory.",
    ),
    (
        {"GROUPGATE_TOKENS_FILE": "tokens"},
        {"tokens": None},
        "GROUPGATE_TOKENS_FILE: tokens: Is a directory.",
    ),
    (
        {"GROUPGATE_TOKENS_FILE": "tokens"},
        {"tokens": b"s3cret-\xfc"},
        "GROUPGATE_TOKENS_FILE: tokens: The file is not UTF-8.",
    ),
    (
        {"GROUPGATE_TOKENS_FILE": "tokens"},
        {"tokens": "\n# none yet\n"},
        f"GROUPGATE_TOKENS_FILE: tokens: {NO_TOKENS}",
    ),
    (
        {"GROUPGATE_TOKENS_FILE": "tokens"},
        {"tokens": "\nci s3cret read"},
        f"GROUPGATE_TOKENS_FILE: tokens: Line 2: {TOKEN_LINE}",
    ),
    ({"GROUPGATE_TOKENS": "ci s3cret read"}, {}, f"GROUPGATE_TOKENS: Line 1: {TOKEN_LINE}"),
    (
        {"GROUPGATE_TRUSTED_DOCUMENTS": "manifest.json"},
        {},
        "GROUPGATE_TRUSTED_DOCUMENTS: manifest.json: No such file or directory.",
    ),
    (
        {"GROUPGATE_TRUSTED_DOCUMENTS": "manifest.json"},
        {"manifest.json": "[]"},
        (
            "GROUPGATE_TRUSTED_DOCUMENTS: manifest.json is not a valid manifest: Expected "
            "`object`, got `array`."
        ),
    ),
    (
        {"GROUPGATE_TRUSTED_DOCUMENTS": "manifest.json"},
        {"manifest.json": '{"a": "{ shops { name } }"}'},
        (
            "GROUPGATE_TRUSTED_DOCUMENTS: manifest.json is not a valid manifest: Document a "
            "cannot be executed: Cannot query field 'shops' on type 'Query'."
        ),
    ),
]

COMBINATIONS: Final[list[tuple[Mapping[str, str], str]]] = [
    (
        JWT | {"GROUPGATE_JWT_AUDIENCE": ""},
        (
            "GROUPGATE_JWT_ISSUER, GROUPGATE_JWT_AUDIENCE and GROUPGATE_JWT_JWKS_URL must be set "
            "together."
        ),
    ),
    (
        JWT | {"GROUPGATE_JWT_JWKS_URL": "http://issuer.example/keys"},
        "GROUPGATE_JWT_JWKS_URL must be an https address.",
    ),
    (
        JWT | {"GROUPGATE_JWT_JWKS_URL": "https://me:s3cret@issuer.example/keys"},
        "GROUPGATE_JWT_JWKS_URL must have no user name or password before the host.",
    ),
    (
        {"GROUPGATE_ANONYMOUS": "none"},
        (
            "GROUPGATE_ANONYMOUS=none rejects every caller, because neither tokens nor JWTs are "
            "configured."
        ),
    ),
    (
        {"GROUPGATE_CORS_ORIGINS": "*", "GROUPGATE_CORS_CREDENTIALS": "yes"},
        "GROUPGATE_CORS_CREDENTIALS cannot be true while GROUPGATE_CORS_ORIGINS has `*`.",
    ),
    ({"GROUPGATE_REDIS_URL": "redis://127.0.0.1:port"}, REDIS_FORM),
    ({"GROUPGATE_REDIS_URL": "redis://127.0.0.1:1/0?s3cret=1"}, REDIS_FORM),
    ({"GROUPGATE_REDIS_URL": "redis://127.0.0.1:99999"}, REDIS_FORM),
    (
        JWT | {"GROUPGATE_JWT_JWKS_URL": "https://issuer.example:99999/keys"},
        "GROUPGATE_JWT_JWKS_URL must be an https address.",
    ),
    (
        {"AXIM_BASE_URL": ""},
        "Axim Commerce is configured incompletely: set AXIM_BASE_URL too.",
    ),
    (
        {"DODO_PAYMENTS_BASE_URL": "https://dodo.example"},
        "Dodo Payments is configured incompletely: set DODO_PAYMENTS_API_KEY too.",
    ),
    (
        {"TWOCHECKOUT_SECRET_KEY": "s3cret"},
        "2Checkout is configured incompletely: set TWOCHECKOUT_MERCHANT_CODE too.",
    ),
    (
        {"AXIM_BASE_URL": "http://axim.example"},
        (
            "AXIM_BASE_URL is an http:// address of another machine, so the keys would be sent "
            "unencrypted. Use https://, or set GROUPGATE_ALLOW_INSECURE_UPSTREAM=true."
        ),
    ),
    (
        {"GROUPGATE_DEADLINE": "inf", "GROUPGATE_CACHE_TTL": "-1"},
        "GROUPGATE_DEADLINE must be a finite number. GROUPGATE_CACHE_TTL must be at least 0.",
    ),
]

WRONG: Final = [
    *(({name: value}, {}, f"{name} {problem}") for name, value, problem in VALUES),
    *FILES,
    *((variables, {}, sentence) for variables, sentence in COMBINATIONS),
]


def invoke(
    command: str, variables: Mapping[str, str], files: Mapping[str, Content]
) -> tuple[int, str, str]:
    """Run a command in the current folder with these files, and else a usable configuration.

    Returns the exit status, standard output and standard error; an exception fails the test.
    """
    for name, content in files.items():
        if content is None:
            Path(name).mkdir()
        else:
            Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    done = CliRunner().invoke(app, [command], env={**USABLE, **variables})
    assert isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def fail_to_serve(*_given: object, **_named: object) -> None:
    """Stand in for the server, which a wrong configuration must not reach."""
    raise AssertionError("The server was started.")


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to an empty folder, without variables of groupgate."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("groupgate.cli.serve.run_server", fail_to_serve)
    for name in [name for name in os.environ if name.startswith(VENDOR_VARIABLES)]:
        monkeypatch.delenv(name)


def test_there_are_more_than_fifty() -> None:
    assert len(WRONG) > 50


@pytest.mark.parametrize("command", ["serve", "check"])
@pytest.mark.parametrize(("variables", "files", "sentence"), WRONG)
def test_a_wrong_configuration_ends_a_command_with_one_sentence(
    command: str, variables: Mapping[str, str], files: Mapping[str, Content], sentence: str
) -> None:
    """Nothing else is printed, above all no secret."""
    status, output, errors = invoke(command, variables, files)
    assert (status, output, errors) == (2, "", f"groupgate: {sentence}\n")
    assert "s3cret" not in errors


@pytest.mark.parametrize("spelling", ["json", "JSON"])
@pytest.mark.parametrize(("variables", "files", "sentence"), FILES)
def test_with_json_the_sentence_is_one_object(
    spelling: str, variables: Mapping[str, str], files: Mapping[str, Content], sentence: str
) -> None:
    given = {**variables, "GROUPGATE_LOG_FORMAT": spelling}
    status, output, errors = invoke("serve", given, files)
    line: dict[str, Any] = json.loads(errors)
    assert (status, output) == (2, "")
    assert (line["event"], line["level"], line["problem"]) == ("command_failed", "error", sentence)


ODD: Final = ("x", "-1", "inf", "9" * 5000, "folder", "latin", "\x01é", "http://[", "a:99999")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the app is not started, nor closed
@pytest.mark.parametrize("name", sorted(setting_names().known))
def test_no_odd_value_ends_in_a_traceback(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For the value and for its file, the server starts, or the command ends with a sentence."""
    monkeypatch.setattr("groupgate.cli.serve.run_server", lambda *_given, **_named: None)
    Path("folder").mkdir()
    Path("latin").write_bytes("für".encode("latin-1"))
    for value, suffix in product(ODD, ("", "_FILE")):
        given = {**USABLE, name: "", name + suffix: value}
        done = CliRunner().invoke(app, ["serve"], env=given)
        assert done.exit_code in {0, 2}, (value, suffix, done.exception)
        if done.exit_code:
            assert done.stderr.splitlines()[-1].startswith("groupgate: ")
    gc.collect()
