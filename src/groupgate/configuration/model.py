"""The base classes of settings: typed values from variables, and one sentence for each bad one."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self, get_args, get_origin

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

MASK: Final = "***"
"""What is shown instead of a secret."""

ENVIRONMENT: Final = "environment"
"""The source of values that were not read from a file."""

_CREDENTIALS: Final = re.compile(r"(?<=://)[^/]*(?=@)|(?<=password=)[^&]*")
"""The parts of a URL that contain a password."""

_LAST_PORT: Final = 65_535
_LARGEST: Final = 1_000_000_000_000
_LONGEST: Final = 10 * 366 * 86_400

Count = Annotated[int, Field(gt=0, le=_LARGEST)]
"""A number of things, at least one."""

CountOrZero = Annotated[int, Field(ge=0, le=_LARGEST)]
"""A number of things, or 0."""

Port = Annotated[int, Field(gt=0, le=_LAST_PORT)]
"""A TCP port."""

Seconds = Annotated[float, Field(gt=0, le=_LONGEST, allow_inf_nan=False)]
"""Seconds, more than 0 and at most ten years."""

SecondsOrZero = Annotated[float, Field(ge=0, le=_LONGEST, allow_inf_nan=False)]
"""Seconds, at most ten years, or 0."""


WholeSeconds = Annotated[int, Field(gt=0, le=_LONGEST)]
"""Whole seconds, at most ten years."""


def _parse_base_url(value: str) -> str:
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL:
        url = httpx.URL()
    has_port = url.port is None or 0 < url.port <= _LAST_PORT
    if value and not (url.scheme in {"http", "https"} and url.host and has_port):
        raise ValueError("must be an http or https address")
    if url.userinfo:
        raise ValueError("must have no user name or password before the host")
    if "?" in value or "#" in value:
        raise ValueError("must have no query (?) and no fragment (#), as paths are added to it")
    return value.rstrip("/")


def _check_header_value(value: SecretStr) -> SecretStr:
    key = value.get_secret_value()
    if not (key.isascii() and key.isprintable()):
        raise ValueError("must be of printable ASCII characters")
    return value


Address = Annotated[str, AfterValidator(_parse_base_url)]
"""The base URL of an API without a trailing slash, or an empty text."""

HeaderSecret = Annotated[SecretStr, AfterValidator(_check_header_value)]
"""A secret that is sent in a header unchanged."""


class _SecretMark:
    """Marks a field whose text is masked where settings are shown."""


Secret = Annotated[str, _SecretMark()]
"""A text that is masked where settings are shown."""


class Misconfigured(Exception):
    """Variables or files cannot work; the message names them, without their values."""


class SourcedText(str):
    """The text of a variable, with the place where it was found, for people."""

    __slots__ = ("source",)

    def __new__(cls, text: str, source: str) -> Self:
        """Make the text."""
        made = super().__new__(cls, text)
        made.source = source
        return made

    source: str


class SettingsModel(BaseModel):
    """Settings whose variables are a prefix and the name of a field in capitals."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    variable_prefix: ClassVar[str]
    similar_prefixes: ClassVar[tuple[str, ...]] = ()
    """Prefixes by which the variables are sometimes called by mistake."""

    @classmethod
    def variables(cls) -> dict[str, str]:
        """Return the variables with the names of their fields."""
        return {f"{cls.variable_prefix}{field}".upper(): field for field in cls.model_fields}

    @classmethod
    def from_variables(cls, values: Mapping[str, str]) -> Self:
        """Make the settings from those of the variables that are theirs; empty ones are unset.

        Raises Misconfigured with a sentence for each value that cannot work, and the source of a
        SourcedText.
        """
        given = {
            field: _in_notation(cls.model_fields[field], values[variable])
            for variable, field in cls.variables().items()
            if values.get(variable)
        }
        try:
            return cls(**given)
        except ValidationError as error:
            sentences = [_sentence(cls.variable_prefix, one, values) for one in error.errors()]
            raise Misconfigured(" ".join(sentences)) from None

    def shown(self) -> Iterator[tuple[str, object]]:
        """Yield each variable and its value, with secrets masked; None if it is unset."""
        for variable, field in self.variables().items():
            value = getattr(self, field)
            yield variable, _masked(type(self).model_fields[field], value)


class VendorSettings(SettingsModel):
    """The variables of one vendor. Subclasses set the prefix."""

    @property
    def is_set(self) -> bool:
        """True if any variable of this vendor is set."""
        return bool(self.model_fields_set)

    @property
    def is_test(self) -> bool:
        """True if the base URL is a host that the vendor documents for tests."""
        return False


def _in_notation(field: FieldInfo, value: str) -> str:
    """Return a choice in lower case, as choices are written, and other values unchanged."""
    return value.lower() if _is_choice(field.annotation) else value


def _is_choice(annotation: Any) -> bool:
    return get_origin(annotation) is Literal or any(map(_is_choice, get_args(annotation)))


def _masked(field: FieldInfo, value: object) -> object:
    """Return the value without secrets, or None if it is empty."""
    is_secret = any(isinstance(mark, _SecretMark) for mark in field.metadata)
    if isinstance(value, SecretStr):
        is_secret, value = True, value.get_secret_value()
    if value in (None, "", ()):
        return None
    if is_secret:
        return MASK
    return _CREDENTIALS.sub(MASK, value) if isinstance(value, str) else value


_PHRASES: Final = {
    "bool_parsing": "must be true or false",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be at most 1000000000000",
    "less_than_equal": "must be at most {le:.0f}",
    "literal_error": "must be {expected}",
}
"""The predicates for pydantic's findings, by type; other findings keep pydantic's words."""


def _sentence(prefix: str, error: ErrorDetails, values: Mapping[str, str]) -> str:
    """Return the finding about one variable, or about several if it has no location."""
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = prefix + str(error["loc"][0]).upper()
    if error["type"] in _PHRASES:
        message = _PHRASES[error["type"]].format(**error.get("ctx", {})).replace("'", "")
    subject = f"{name}{in_source(values[name])}" if name in values else name
    return f"{subject} {message}." if message.startswith("must ") else f"{subject}: {message}."


def in_source(text: str) -> str:
    """Return the source of a value as a part of a sentence, or "" if that is the environment."""
    if isinstance(text, SourcedText) and text.source != ENVIRONMENT:
        return f" ({text.source})"
    return ""
