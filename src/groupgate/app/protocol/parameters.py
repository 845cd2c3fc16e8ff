"""What a request asks for: the parameters of GraphQL over HTTP, from a body or from a URL."""

from collections import Counter
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from groupgate.app.protocol.request_error import NOT_WELL_FORMED, UNREADABLE, RequestError
from groupgate.app.protocol.strict_json import NotJsonError, WrongShapeError, decode

MOST_PARAMETERS = 50
"""In one URL."""


class Parameters(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"operation_name": "operationName", "document_id": "documentId"},
):
    """The parameters, null and missing being the same. Others are ignored, as the draft asks.

    The last three name a trusted document, and may be anything where there are none.
    """

    query: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    document_id: Any = None
    doc_id: Any = None
    id: Any = None


def from_body(body: bytes) -> Parameters:
    """Read the parameters from the body of a POST."""
    if body.lstrip()[:1] == b"[":
        raise RequestError.saying(
            UNREADABLE, "Batches are not served: send each operation in a request of its own."
        )
    asked: Parameters = _decode("The body", body, Parameters)
    return asked


def from_url(query_string: bytes) -> Parameters:
    """Read the parameters from a URL, where an empty one is as good as none."""
    given = {name: value for name, value in _pairs(query_string) if value}
    asked: dict[str, Any] = dict(given)
    for name in ("variables", "extensions"):
        if name in given:
            asked[name] = _decode(f"`{name}`", given[name].encode(), dict[str, Any] | None)
    return msgspec.convert(asked, Parameters)


def _pairs(query_string: bytes) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except UnicodeError:
        raise RequestError.saying(UNREADABLE, "The URL must be percent-encoded UTF-8.") from None
    except ValueError:
        raise RequestError.saying(
            UNREADABLE, f"The URL has more than {MOST_PARAMETERS} parameters."
        ) from None
    counted = Counter(name for name, _ in pairs)
    for name in msgspec.structs.fields(Parameters):
        if counted[name.encode_name] > 1:
            raise RequestError.saying(UNREADABLE, f"The URL has `{name.encode_name}` twice.")
    return pairs


def _decode(what: str, raw: bytes, shape: Any) -> Any:
    try:
        return decode(raw, shape)
    except NotJsonError as error:
        raise RequestError.saying(UNREADABLE, f"{what} cannot be read as JSON: {error}.") from None
    except WrongShapeError as error:
        raise RequestError.saying(NOT_WELL_FORMED, f"{what} is malformed: {error}") from None
