"""Where values come from: the environment, files that it names, `.env` and a TOML file."""

import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Final

from groupgate.configuration.model import ENVIRONMENT, SourcedText, in_source

CONFIG: Final = "GROUPGATE_CONFIG"
"""The variable that names the TOML file."""

ENV_FILE: Final = Path(".env")

MAX_BYTES: Final = 1_048_576
"""The largest file of settings, or with the value of one, that is read."""

_FILE: Final = "_FILE"
_QUOTES: Final = ('"', "'")

# Kubernetes sets such variables in every pod for each Service of its namespace.
_SERVICE_LINK: Final = re.compile(
    r".+_SERVICE_(HOST|PORT(_\w+)?)|.+_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?"
)
_SERVICE_ADDRESS: Final = re.compile(r"(tcp|udp|sctp)://.+")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownName:
    """A name that no setting has; `nearest` is the known name most like it, or empty."""

    name: str
    source: str
    nearest: str


@dataclass(slots=True, kw_only=True)
class Found:
    """What the sources contain: values by variable, problems as sentences, unknown names."""

    values: dict[str, SourcedText] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    unknown: list[UnknownName] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The variables of all settings, and the prefixes of names that can only be meant for them."""

    known: Collection[str]
    prefixes: tuple[str, ...]


def read_sources(
    names: Names,
    environ: Mapping[str, str],
    config: Path | None = None,
    env_file: Path = ENV_FILE,
) -> Found:
    """Read all sources; the environment has priority over `.env`, and that over the TOML file.

    `config` is the TOML file, by default the one that GROUPGATE_CONFIG names. In each source a
    variable X may be given as X_FILE, the path of a file that contains the value. Empty values
    count as unset. Does not raise: what cannot be used is in `problems`.
    """
    found = Found()
    reader = _Reader(names, found)
    own = {name: text for name, text in environ.items() if not _is_service_link(name, text)}
    environment = reader.read(own, ENVIRONMENT)
    dotenv = reader.read(reader.parse(env_file, _dotenv), str(env_file))
    named = environment.get(CONFIG) or dotenv.get(CONFIG)
    file = config or (Path(named) if named else None)
    toml = {}
    if file is not None:
        toml = reader.read(reader.parse(file, _toml), str(file), is_only_ours=True)
    found.values.update(toml | dotenv | environment)
    return found


class UnusableError(Exception):
    """A file cannot be used; the message completes a sentence that begins with its path."""


class _MissingError(UnusableError):
    """There is no such file."""


class _Reader:
    """Reads one source after another, and notes problems and unknown names."""

    def __init__(self, names: Names, found: Found) -> None:
        self._names = names
        self._found = found

    def parse(
        self, file: Path, parse: Callable[[Path, Names], dict[str, str]]
    ) -> Mapping[str, str]:
        """Return the texts in a file of settings by name; none if the file cannot be used."""
        try:
            return parse(file, self._names)
        except UnusableError as error:
            self._found.problems.append(f"{file} {error}.")
            return {}

    def read(
        self, texts: Mapping[str, str], source: str, *, is_only_ours: bool = False
    ) -> dict[str, SourcedText]:
        """Return the values of known variables in one source.

        `is_only_ours` says that every name in the source is meant for this program.
        """
        values: dict[str, SourcedText] = {}
        names: dict[str, str] = {}
        for name, text in texts.items():
            variable = self._variable(name)
            if variable is None:
                self._note_unknown(name, source, is_only_ours=is_only_ours)
            elif not text.strip():
                continue
            elif variable in names:
                self._found.problems.append(
                    f"{names[variable]} and {name} ({source}) are the same setting: remove one."
                )
            else:
                names[variable] = name
                value = self._value(variable, name, text.strip(), source)
                values.update({variable: value} if value else {})
        return values

    def _variable(self, name: str) -> str | None:
        """Return the known variable that a name sets, itself or by the path of a file."""
        upper = name.upper()
        if upper in self._names.known:
            return upper
        variable = upper.removesuffix(_FILE)
        # GROUPGATE_CONFIG_FILE is meant as the TOML file, and would be a file with its path.
        return variable if variable in self._names.known and variable != CONFIG else None

    def _note_unknown(self, name: str, source: str, *, is_only_ours: bool) -> None:
        if is_only_ours or name.upper().startswith(self._names.prefixes):
            nearest = get_close_matches(name.upper(), sorted(self._names.known), 1)
            unknown = UnknownName(name=name, source=source, nearest="".join(nearest))
            self._found.unknown.append(unknown)

    def _value(self, variable: str, name: str, text: str, source: str) -> SourcedText | None:
        """Return the value; note the problem and return None if there is one."""
        is_path = name.upper() != variable
        try:
            _check_plain(text)
            value = read_file_value(Path(text)) if is_path else text
        except UnusableError as error:
            where = in_source(SourcedText(text, source))
            self._found.problems.append(f"{name}{where} {error}.")
            return None
        return SourcedText(value, f"{source}, file {text}" if is_path else source)


def _dotenv(file: Path, names: Names) -> dict[str, str]:
    """Parse a file of shell assignments; a missing one is empty."""
    try:
        text = read_text(file)
    except _MissingError:
        return {}
    # Most deployments have no such file, so only the others pay for the import.
    from dotenv import dotenv_values  # noqa: PLC0415
    from dotenv.parser import parse_stream  # noqa: PLC0415

    for binding in parse_stream(StringIO(text)):
        line = binding.original.string.lstrip()
        if binding.error and line.upper().removeprefix("EXPORT ").startswith(names.prefixes):
            before = binding.original.string.removesuffix(line).count("\n")
            raise UnusableError(f"has no NAME=value in line {binding.original.line + before}")
    return {name: text or "" for name, text in dotenv_values(stream=StringIO(text)).items()}


def _toml(file: Path, _names: Names) -> dict[str, str]:
    """Parse a TOML file of variables and their values."""
    try:
        content = tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise UnusableError(f"is not TOML: {error}") from None
    return {name: _toml_text(name, value) for name, value in content.items()}


def _toml_text(name: str, value: object) -> str:
    """Return a value of TOML in the notation of variables."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ",".join(value)
    raise UnusableError(
        f"has {name} as neither text, number, boolean nor list of texts; it has no tables, only "
        "the names of variables"
    )


def read_file_value(file: Path) -> str:
    """Return the value that a file contains, without the white space around it.

    Raises UnusableError, whose message names the file.
    """
    try:
        value = read_text(file).strip()
        _check_plain(value)
    except UnusableError as error:
        raise UnusableError(f"names {file}, which {error}") from None
    if not value:
        raise UnusableError(f"names {file}, which is empty")
    return value


def _check_plain(text: str) -> None:
    """Raise if quotes surround a value, or if no variable could contain it."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES:
        raise UnusableError(
            "is in quotes, which would be a part of the value; remove them, also for `docker run "
            "--env-file`"
        )
    if "\0" in text:
        raise UnusableError("contains a null character")


def read_text(file: Path) -> str:
    """Return the text of a file; raise UnusableError if it cannot be read."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        kind = _MissingError if isinstance(error, FileNotFoundError) else UnusableError
        raise kind(f"cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise UnusableError(f"has more than {MAX_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnusableError("is not UTF-8") from None


def _is_service_link(name: str, text: str) -> bool:
    """True for a variable that Kubernetes sets in every pod for a Service, whatever its name."""
    return bool(_SERVICE_LINK.fullmatch(name)) or (
        name.endswith("_PORT") and bool(_SERVICE_ADDRESS.fullmatch(text))
    )
