"""Reading a GraphQL request: the body of a POST, strict JSON, the parameters of body and URL."""

import json
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NoReturn, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from groupgate.app.protocol.request_error import (
    NOT_WELL_FORMED,
    OVERLOADED,
    TOO_LARGE,
    TOO_SLOW,
    UNREADABLE,
    UNSUPPORTED_MEDIA,
    RequestError,
)
from groupgate.request import Deadline

DEADLINE: Final = "groupgate.deadline"
"""The key in the ASGI scope of a deadline that has begun before the endpoint was called."""

CLOSE: Final = "close"
"""The `Connection` of a response that is sent while the client may still be sending the body."""

# The rest of a body that is rejected halfway is not read, so the connection cannot be reused.
_CLOSE: Final = {"Connection": CLOSE}

MAX_PARAMETERS: Final = 50
"""The most parameters in one URL."""

MAX_VALUES: Final = 10_000
"""The most values in one JSON text, estimated from below; a mutation accepts 1,000 ids."""

_JSON_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)', re.DOTALL)
_LENGTH_DIGITS: Final = 18
_SPACES_AFTER_QUOTE: Final = (b'" ', b'"\n', b'"\r', b'"\t')

DecodedT = TypeVar("DecodedT")


class Parameters(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"operation_name": "operationName", "document_id": "documentId"},
):
    """The parameters of a GraphQL request; null counts as missing.

    Unknown parameters are ignored (GraphQL-over-HTTP draft). The last three name a trusted
    document; they may hold any value where trusted documents are not configured.
    """

    query: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    document_id: Any = None
    doc_id: Any = None
    id: Any = None


class PersistedQuery(msgspec.Struct, frozen=True, rename={"sha256_hash": "sha256Hash"}):
    """The value of `extensions.persistedQuery`."""

    version: int
    sha256_hash: str


def persisted_query(parameters: Parameters) -> PersistedQuery | None:
    """Return `extensions.persistedQuery`; raise RequestError if it is malformed."""
    given = (parameters.extensions or {}).get("persistedQuery")
    if given is None:
        return None
    try:
        return msgspec.convert(given, PersistedQuery)
    except msgspec.ValidationError as error:
        message = f"`extensions.persistedQuery` is malformed: {error}."
        raise RequestError.with_message(NOT_WELL_FORMED, message) from None


def parameters_from_body(body: bytes) -> Parameters:
    """Return the parameters in the body of a POST, where an empty `operationName` is missing.

    Raises RequestError if the body is malformed.
    """
    if body.lstrip()[:1] == b"[":
        raise RequestError.with_message(
            UNREADABLE, "Batches are not supported; send each operation in a separate request."
        )
    parameters: Parameters = _decode_or_reject("The body", body, Parameters)
    if parameters.operation_name == "":
        return msgspec.structs.replace(parameters, operation_name=None)
    return parameters


def parameters_from_url(query_string: bytes) -> Parameters:
    """Return the parameters in a URL, where an empty one counts as missing.

    Raises RequestError if a parameter is malformed or present twice.
    """
    given = {name: value for name, value in _pairs(query_string) if value}
    decoded: dict[str, Any] = dict(given)
    for name in ("variables", "extensions"):
        if name in given:
            decoded[name] = _decode_or_reject(
                f"`{name}`", given[name].encode(), dict[str, Any] | None
            )
    return msgspec.convert(decoded, Parameters)


def _pairs(query_string: bytes) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except UnicodeError:
        message = "The URL must be percent-encoded UTF-8."
        raise RequestError.with_message(UNREADABLE, message) from None
    except ValueError:
        message = f"The URL has more than {MAX_PARAMETERS} parameters."
        raise RequestError.with_message(UNREADABLE, message) from None
    counts = Counter(name for name, _ in pairs)
    for field in msgspec.structs.fields(Parameters):
        if counts[field.encode_name] > 1:
            message = f"The URL contains `{field.encode_name}` more than once."
            raise RequestError.with_message(UNREADABLE, message)
    return pairs


def _decode_or_reject(subject: str, raw: bytes, shape: Any) -> Any:
    try:
        return decode_json(raw, shape)
    except NotJsonError as error:
        message = f"{subject} cannot be read as JSON: {error}."
        raise RequestError.with_message(UNREADABLE, message) from None
    except WrongShapeError as error:
        message = f"{subject} is malformed: {error}"
        raise RequestError.with_message(NOT_WELL_FORMED, message) from None


FREE_BYTES: Final = 65_536
"""The first bytes of each body, which the server receives in any case."""


class BodyMemory:
    """The memory for all bodies at a time, in bytes, from their first byte to their response."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def take(self, size: int) -> None:
        """Take bytes; raise RequestError if there are too few."""
        if size > self._left:
            message = "The gateway is reading too many bodies. Retry in 1 s."
            headers = {**_CLOSE, "Retry-After": "1"}
            raise RequestError.with_message(OVERLOADED, message, headers, retryAfterSeconds=1)
        self._left -= size

    def give_back(self, size: int) -> None:
        """Give taken bytes back."""
        self._left += size


class HeldBody:
    """The part of the memory that the body of one request holds.

    Its first FREE_BYTES do not count, so that clients that send large bodies slowly do not
    displace the others.
    """

    def __init__(self, memory: BodyMemory) -> None:
        self._memory = memory
        self._size = 0

    def grow(self, size: int) -> None:
        """Hold a body that has so many bytes by now; raise RequestError if there are too few."""
        more = size - FREE_BYTES - self._size
        if more > 0:
            self._memory.take(more)
            self._size += more

    def release(self) -> None:
        """Give all of it back."""
        self._memory.give_back(self._size)
        self._size = 0


class BodyHeaders:
    """What the headers of a request say of its body."""

    def __init__(self, types: Sequence[str], encodings: Sequence[str], length: str) -> None:
        self._is_json = len(types) == 1 and _is_json(types[0])
        self._is_compressed = any(
            value.strip().lower() not in {"", "identity"} for value in encodings
        )
        is_number = length.isdecimal() and len(length) <= _LENGTH_DIGITS
        self._length = int(length) if is_number else None

    def check(self, limit: int) -> None:
        """Raise RequestError if the body is not declared as JSON, is compressed, or is too long.

        `limit` is in bytes. Forms are rejected because a page of another site can send a form, but
        not JSON.
        """
        if not self._is_json:
            raise RequestError.with_message(
                UNSUPPORTED_MEDIA,
                "The body must be JSON in UTF-8, sent as Content-Type: application/json.",
                {"Accept": "application/json"},
            )
        if self._is_compressed:
            raise RequestError.with_message(
                UNSUPPORTED_MEDIA,
                "Compressed bodies are not supported; send the body without Content-Encoding.",
                {"Accept-Encoding": "identity"},
            )
        if self._length is None:
            raise RequestError.with_message(UNREADABLE, "Content-Length is not a number.", _CLOSE)
        if self._length > limit:
            raise _too_large(limit)


def _is_json(content_type: str) -> bool:
    name, *parameters = content_type.lower().split(";")
    charsets = [
        value.strip().strip('"')
        for name, _, value in (parameter.partition("=") for parameter in parameters)
        if name.strip() == "charset"
    ]
    return name.strip() == "application/json" and charsets in ([], ["utf-8"], ["utf8"])


async def read_body(receive: Receive, limit: int, deadline: Deadline, held: HeldBody) -> bytes:
    """Return the body of a POST.

    Raises RequestError if the body has more than `limit` bytes, has not arrived at the deadline, or
    does not fit into the memory for bodies.
    """
    try:
        return await deadline.wait_for(_read_stream(receive, limit, held))
    except TimeoutError:
        message = "The body did not arrive in time."
        raise RequestError.with_message(TOO_SLOW, message, _CLOSE) from None


async def _read_stream(receive: Receive, limit: int, held: HeldBody) -> bytes:
    parts, size = list[bytes](), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        held.grow(size)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _too_large(limit: int) -> RequestError:
    return RequestError.with_message(TOO_LARGE, f"The body has more than {limit:,} bytes.", _CLOSE)


class NotJsonError(Exception):
    """The text is not JSON, or is too large; the message completes a sentence after a colon."""


class WrongShapeError(Exception):
    """The text is JSON of another type than expected; the message is a sentence."""


def decode_json(raw: bytes, shape: type[DecodedT]) -> DecodedT:
    """Decode strict JSON into a type that msgspec knows.

    Raises NotJsonError for what lenient decoders accept (duplicate keys, NaN, lone surrogates,
    deep nesting), and WrongShapeError for another type.
    """
    try:
        if _may_have_duplicate_keys(raw):
            _check_strict(raw)
        return msgspec.json.decode(raw, type=shape)
    except RecursionError:
        raise NotJsonError("the nesting is too deep") from None
    except msgspec.ValidationError as error:
        raise WrongShapeError(f"{error}.") from None
    except ValueError:  # only msgspec rejects half of a surrogate pair
        raise NotJsonError("a string is not valid Unicode") from None


def _may_have_duplicate_keys(raw: bytes) -> bool:
    """Return False for JSON with as many different keys as colons outside of strings.

    This is faster than the decoder of the standard library, which then need not run. If no space
    follows a quotation mark, there are at most as many keys as colons behind one.
    """
    commas, colons = raw.count(b","), raw.count(b'":')
    if max(commas, colons) > MAX_VALUES or any(map(raw.__contains__, _SPACES_AFTER_QUOTE)):
        structure = _JSON_STRING.sub(b"", raw)
        commas, colons = structure.count(b","), structure.count(b":")
        if max(commas, colons) > MAX_VALUES:
            raise NotJsonError(f"the text holds more than {MAX_VALUES:,} values")
    try:
        return _count_keys(msgspec.json.decode(raw)) != colons
    except (ValueError, RecursionError):  # the standard library says what is wrong
        return True


def _count_keys(value: object) -> int:
    if type(value) is dict:
        return len(value) + sum(map(_count_keys, value.values()))
    return sum(map(_count_keys, value)) if type(value) is list else 0


def _check_strict(raw: bytes) -> None:
    """Decode with the standard library, which can report duplicate keys."""
    if raw.startswith(BOM_UTF8):
        raise NotJsonError("the text begins with a byte order mark")
    try:
        _STRICT_DECODER.decode(raw.decode())
    except UnicodeDecodeError:
        raise NotJsonError("the text is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotJsonError(str(error)) from None


def _check_keys(pairs: Sequence[tuple[str, Any]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise NotJsonError("an object has the same key twice")


def _reject_constant(name: str) -> NoReturn:
    raise NotJsonError(f"{name} is not a JSON number")


_STRICT_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_check_keys,
    parse_constant=_reject_constant,
    # Numbers stay text: some have more digits than Python converts.
    parse_float=str,
    parse_int=str,
)
