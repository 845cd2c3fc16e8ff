"""Sources of settings: which are read, which has priority, and what is said of unusable ones."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from groupgate.configuration.sources import Found, Names, UnknownName, read_sources

NAMES = Names(
    known={"GROUPGATE_CONFIG", "GROUPGATE_DEADLINE", "GROUPGATE_TOKENS", "GROUPGATE_TOKENS_FILE"}
    | {
        "AXIM_ACCESS_TOKEN",
        "GROUPGATE_EXPLORER",
        "GROUPGATE_CORS_ORIGINS",
        "DODO_PAYMENTS_API_KEY",
    },
    prefixes=("GROUPGATE_", "AXIM_", "DODO_PAYMENTS_", "DODO_PAYMENT_"),
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(environ: Mapping[str, str] | None = None, config: str | None = None) -> Found:
    """Read the sources of these variables and this file."""
    return read_sources(NAMES, environ or {}, Path(config) if config else None)


def values(found: Found) -> dict[str, tuple[str, str]]:
    """Return each value with its source; fail if there was a problem."""
    assert found.problems == []
    return {name: (str(text), text.source) for name, text in found.values.items()}


def write(name: str, text: str, encoding: str = "utf-8") -> None:
    """Write a file in the current folder."""
    Path(name).write_text(text, encoding=encoding)


def test_without_sources_nothing_is_set() -> None:
    assert values(read()) == {}


def test_the_environment_has_priority_over_dotenv_and_that_over_toml() -> None:
    write(
        "gate.toml", 'GROUPGATE_DEADLINE = 1\nAXIM_ACCESS_TOKEN = "a"\nGROUPGATE_EXPLORER = false'
    )
    write(".env", "GROUPGATE_DEADLINE=2\nexport AXIM_ACCESS_TOKEN='b'\nOTHER=x\n")
    assert values(read({"GROUPGATE_DEADLINE": "3"}, "gate.toml")) == {
        "GROUPGATE_DEADLINE": ("3", "environment"),
        "AXIM_ACCESS_TOKEN": ("b", ".env"),
        "GROUPGATE_EXPLORER": ("false", "gate.toml"),
    }


@pytest.mark.parametrize("by", ["environment", ".env", "argument"])
def test_the_toml_file_is_named_by_a_variable_or_an_argument(by: str) -> None:
    write("gate.toml", "GROUPGATE_DEADLINE = 1.5")
    if by == ".env":
        write(".env", "GROUPGATE_CONFIG=gate.toml")
    environ = {"GROUPGATE_CONFIG": "gate.toml"} if by == "environment" else {}
    found = values(read(environ, "gate.toml" if by == "argument" else None))
    assert found["GROUPGATE_DEADLINE"] == ("1.5", "gate.toml")


def test_the_argument_has_priority_over_the_variable() -> None:
    write("gate.toml", "GROUPGATE_DEADLINE = 1.5")
    found = values(read({"GROUPGATE_CONFIG": "missing.toml"}, "gate.toml"))
    assert found["GROUPGATE_DEADLINE"] == ("1.5", "gate.toml")


def test_empty_values_count_as_unset_and_white_space_around_values_is_removed() -> None:
    write(".env", "GROUPGATE_DEADLINE=2\nAXIM_ACCESS_TOKEN\n")
    found = read(
        {"GROUPGATE_DEADLINE": " ", "GROUPGATE_EXPLORER": " off\n", "AXIM_ACCESS_TOKEN": ""}
    )
    assert values(found) == {
        "GROUPGATE_DEADLINE": ("2", ".env"),
        "GROUPGATE_EXPLORER": ("off", "environment"),
    }


@pytest.mark.parametrize("source", ["environment", ".env", "gate.toml"])
def test_a_value_may_be_in_a_file_that_each_source_can_name(source: str) -> None:
    """The line break at its end is no part of the value."""
    write("secret", "s3cret\n")
    if source == ".env":
        write(".env", "AXIM_ACCESS_TOKEN_FILE=secret")
    write("gate.toml", 'AXIM_ACCESS_TOKEN_FILE="secret"' if source == "gate.toml" else "")
    environ = {"AXIM_ACCESS_TOKEN_FILE": "secret"} if source == "environment" else {}
    found = values(read(environ, "gate.toml"))
    assert found == {"AXIM_ACCESS_TOKEN": ("s3cret", f"{source}, file secret")}


def test_a_file_named_in_the_environment_has_priority_over_a_value_elsewhere() -> None:
    write("secret", "s3cret")
    write(".env", "AXIM_ACCESS_TOKEN=b")
    found = values(read({"AXIM_ACCESS_TOKEN_FILE": "secret"}))
    assert found == {"AXIM_ACCESS_TOKEN": ("s3cret", "environment, file secret")}


def test_an_empty_variable_beside_its_file_counts_as_unset() -> None:
    """Compose files pass on variables that are not set as empty ones."""
    write("secret", "s3cret")
    for given in ({"AXIM_ACCESS_TOKEN": ""}, {"axim_access_token": " "}):
        found = values(read({"AXIM_ACCESS_TOKEN_FILE": "secret", **given}))
        assert found == {"AXIM_ACCESS_TOKEN": ("s3cret", "environment, file secret")}


def test_the_file_of_tokens_is_a_setting_of_its_own() -> None:
    """The gateway reads it again when it changes."""
    found = values(read({"GROUPGATE_TOKENS_FILE": "missing"}))
    assert found == {"GROUPGATE_TOKENS_FILE": ("missing", "environment")}


def test_names_may_be_in_lower_case() -> None:
    write("gate.toml", "groupgate_deadline = 3")
    assert values(read({}, "gate.toml")) == {"GROUPGATE_DEADLINE": ("3", "gate.toml")}


def test_a_list_in_toml_has_the_notation_of_variables() -> None:
    write("gate.toml", 'GROUPGATE_CORS_ORIGINS = ["https://a.example", "https://b.example"]')
    found = values(read({}, "gate.toml"))
    origins = "https://a.example,https://b.example"
    assert found == {"GROUPGATE_CORS_ORIGINS": (origins, "gate.toml")}


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("GROUPGATE_DEADLIN", "GROUPGATE_DEADLINE"),
        ("DODO_PAYMENT_API_KEY", "DODO_PAYMENTS_API_KEY"),
        ("axim_acces_token_file", "AXIM_ACCESS_TOKEN"),
        ("GROUPGATE_CONFIG_FILE", "GROUPGATE_CONFIG"),
        ("AXIM_X", ""),
    ],
)
def test_an_unknown_name_is_noted_with_the_nearest_known_one(name: str, nearest: str) -> None:
    found = read({name: "1", "PATH": "/bin", "DODO_SHOP": "x"})
    assert found.unknown == [UnknownName(name=name, source="environment", nearest=nearest)]
    assert values(found) == {}


def test_in_the_toml_file_every_unknown_name_is_noted() -> None:
    write(".env", "DEADLINE=1\n")
    write("gate.toml", "DEADLINE = 1\n")
    unknown = UnknownName(name="DEADLINE", source="gate.toml", nearest="GROUPGATE_DEADLINE")
    assert read({}, "gate.toml").unknown == [unknown]


def test_variables_that_kubernetes_sets_for_services_are_ignored() -> None:
    """They have the name of a Service, which may be groupgate or groupgate-deadline."""
    links = {
        "GROUPGATE_SERVICE_HOST": "10.0.0.1",
        "GROUPGATE_SERVICE_PORT": "8000",
        "GROUPGATE_SERVICE_PORT_HTTP": "8000",
        "GROUPGATE_PORT": "tcp://10.0.0.1:8000",
        "GROUPGATE_PORT_8000_TCP": "tcp://10.0.0.1:8000",
        "GROUPGATE_PORT_8000_TCP_ADDR": "10.0.0.1",
        "GROUPGATE_PORT_8000_TCP_PORT": "8000",
        "GROUPGATE_PORT_8000_TCP_PROTO": "tcp",
    }
    assert read(links) == Found()


@pytest.mark.parametrize("name", [".env", "gate.toml"])
def test_an_unusable_file_of_settings_is_a_problem(name: str, folder: Path) -> None:
    write(name, "GROUPGATE_TOKENS=für", "latin-1")
    assert read({}, "gate.toml").problems[0] == f"{name} is not UTF-8."
    (folder / name).unlink()
    (folder / name).mkdir()
    assert read({}, "gate.toml").problems[0] == f"{name} cannot be read: Is a directory."


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    write(".env", "GROUPGATE_DEADLINE=2\n", "utf-8-sig")
    assert values(read()) == {"GROUPGATE_DEADLINE": ("2", ".env")}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("GROUPGATE_DEADLINE: 1\n", ".env has no NAME=value in line 1."),
        ("A=1\n\nexport axim_access_token : x\n", ".env has no NAME=value in line 3."),
    ],
)
def test_a_line_of_dotenv_that_sets_nothing_is_a_problem(text: str, problem: str) -> None:
    write(".env", text)
    assert read().problems == [problem]


def test_a_malformed_line_of_another_program_is_ignored() -> None:
    write(".env", "OTHER PROGRAM: 1\nGROUPGATE_DEADLINE=2\n")
    assert values(read()) == {"GROUPGATE_DEADLINE": ("2", ".env")}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("GROUPGATE_DEADLINE = x", "gate.toml is not TOML: Invalid value (at line 1, column 22)."),
        (
            "[groupgate]\ndeadline = 1",
            (
                "gate.toml has groupgate as neither text, number, boolean nor list of texts; it "
                "has no tables, only the names of variables."
            ),
        ),
        (
            "GROUPGATE_CORS_ORIGINS = [1]",
            (
                "gate.toml has GROUPGATE_CORS_ORIGINS as neither text, number, boolean nor list of "
                "texts; it has no tables, only the names of variables."
            ),
        ),
        (
            'AXIM_ACCESS_TOKEN = "s\\u0000"',
            "AXIM_ACCESS_TOKEN (gate.toml) contains a null character.",
        ),
        (
            "groupgate_deadline = 1\nGROUPGATE_DEADLINE = 1",
            (
                "groupgate_deadline and "
                "GROUPGATE_DEADLINE (gate.toml) are the same setting: remove one."
            ),
        ),
    ],
)
def test_toml_that_cannot_be_used_is_a_problem(text: str, problem: str) -> None:
    write("gate.toml", text)
    assert read({}, "gate.toml").problems == [problem]


def test_a_variable_and_its_file_cannot_both_be_given() -> None:
    write("secret", "s3cret")
    found = read({"AXIM_ACCESS_TOKEN": "x", "AXIM_ACCESS_TOKEN_FILE": "secret"})
    assert found.problems == [
        (
            "AXIM_ACCESS_TOKEN and AXIM_ACCESS_TOKEN_FILE (environment) are the same setting: "
            "remove one."
        )
    ]


QUOTES = (
    "is in quotes, which would be a part of the value; remove them, also for `docker run "
    "--env-file`."
)


@pytest.mark.parametrize("text", ['"s3cret"', "'s3cret'", '""'])
def test_a_value_in_quotes_is_a_problem(text: str) -> None:
    assert read({"AXIM_ACCESS_TOKEN": text}).problems == [f"AXIM_ACCESS_TOKEN {QUOTES}"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot be read: No such file or directory."),
        (b"\n", "is empty."),
        (b"s\xfc\n", "is not UTF-8."),
        (b'"s3cret"\n', QUOTES),
        (b"x" * 1_048_577, "has more than 1048576 bytes."),
    ],
    ids=["missing", "empty", "Latin-1", "quotes", "large"],
)
def test_a_file_without_a_usable_value_is_a_problem(content: bytes | None, problem: str) -> None:
    if content is not None:
        Path("secret").write_bytes(content)
    found = read({"AXIM_ACCESS_TOKEN_FILE": "secret"})
    assert found.problems == [f"AXIM_ACCESS_TOKEN_FILE names secret, which {problem}"]
    assert found.values == {}


def test_all_problems_are_found_at_once() -> None:
    write(".env", "AXIM_ACCESS_TOKEN=für", "latin-1")
    found = read({"GROUPGATE_DEADLINE": "'1'"}, "missing.toml")
    assert found.problems == [
        f"GROUPGATE_DEADLINE {QUOTES}",
        ".env is not UTF-8.",
        "missing.toml cannot be read: No such file or directory.",
    ]
