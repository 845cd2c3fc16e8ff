"""HTTP conventions of the Dodo Payments API: errors, query parameters and request bodies.

Only the fields that the gateway sends are validated; other fields are ignored (assumed).
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from groupgate.sandbox.simulator import INVALID_JSON, Request, Response

Schema = Callable[[Any, str], Any]
"""Takes a value and its path in the body; returns the known part of it or raises ApiError."""

_DEFAULT_PAGE_SIZE, _MAX_PAGE_SIZE = 10, 100
_MAX_INT32 = 2**31 - 1
_BOOLEANS = {None: False, "true": True, "false": False}


class ApiError(Exception):
    """Ends a request with a status and `{code, message}` (documented)."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(message)
        self.response = Response(status=status, body={"code": code, "message": message})


def not_found(entity: str) -> ApiError:
    """Return the error for an entity that does not exist."""
    return ApiError(404, "NOT_FOUND", f"{entity} not found")


def invalid_body(message: str) -> ApiError:
    """Return the error for a body that does not match its schema."""
    return ApiError(422, "INVALID_REQUEST_BODY", message)


def invalid_query(message: str) -> ApiError:
    """Return the error for a query parameter of the wrong type."""
    return ApiError(422, "INVALID_QUERY_PARAMS", message)


def invalid_parameters(message: str) -> ApiError:
    """Return the error for a body that matches its schema but breaks a rule."""
    return ApiError(422, "INVALID_REQUEST_PARAMETERS", message)


def must_have_products() -> ApiError:
    """Return the error for a collection without products (code documented, status assumed)."""
    return ApiError(
        422,
        "PRODUCT_COLLECTION_MUST_HAVE_PRODUCTS",
        "The last product of a collection cannot be removed",
    )


def flag_param(request: Request, name: str) -> bool:
    """Return a boolean query parameter; False if it is absent."""
    value = request.param(name)
    if value not in _BOOLEANS:
        raise invalid_query(f"{name}: expected true or false")
    return _BOOLEANS[value]


def page_param(request: Request) -> slice:
    """Return the slice of a list that is requested; pages are numbered from 0."""
    number = _count_param(request, "page_number", 0, _MAX_INT32)
    # No page says if a larger page_size is refused or reduced; a refusal reveals the mistake.
    size = _count_param(request, "page_size", _DEFAULT_PAGE_SIZE, _MAX_PAGE_SIZE)
    return slice(number * size, (number + 1) * size)


def _count_param(request: Request, name: str, default: int, maximum: int) -> int:
    value = request.param(name)
    if value is None:
        return default
    is_decimal = value.isascii() and value.isdecimal() and len(value) <= len(str(maximum))
    if not is_decimal or int(value) > maximum:
        raise invalid_query(f"{name}: expected 0 to {maximum}")
    return int(value)


def parse_body(request: Request, schema: Schema) -> Any:
    """Return the body as far as the schema knows it."""
    if request.json is INVALID_JSON:
        raise invalid_body("Request body is not JSON")
    return schema(request.json, "")


def _expect(is_valid: bool, path: str, expected: str) -> None:  # noqa: FBT001 - the check's result
    if not is_valid:
        raise invalid_body(f"{path or 'body'}: expected {expected}")


def _string(value: Any, path: str) -> Any:
    _expect(isinstance(value, str), path, "a string")
    return value


def _boolean(value: Any, path: str) -> Any:
    _expect(isinstance(value, bool), path, "true or false")
    return value


def _uuid(value: Any, path: str) -> Any:
    try:
        is_valid = str(UUID(value)) == value.lower()
    except (AttributeError, TypeError, ValueError):
        is_valid = False
    _expect(is_valid, path, "a UUID")
    return value


def _nullable(schema: Schema) -> Schema:
    return lambda value, path: None if value is None else schema(value, path)


def _array(schema: Schema) -> Schema:
    def check(value: Any, path: str) -> Any:
        _expect(isinstance(value, list), path, "an array")
        return [schema(entry, f"{path}[{index}]") for index, entry in enumerate(value)]

    return check


def _object(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    known = {**required, **(optional or {})}

    def check(value: Any, path: str) -> Any:
        _expect(isinstance(value, dict), path, "an object")
        missing = sorted(required.keys() - value.keys())
        _expect(not missing, path, f"the fields {', '.join(missing)}")
        return {
            key: schema(value[key], f"{path}.{key}" if path else key)
            for key, schema in known.items()
            if key in value
        }

    return check


_PRODUCTS = {"products": _array(_object({"product_id": _string}, {"status": _nullable(_boolean)}))}

CREATE_GROUP = _object(_PRODUCTS, {"group_name": _nullable(_string), "status": _nullable(_boolean)})
PATCH_GROUP = _object(
    {},
    {
        "group_name": _nullable(_string),
        "product_order": _nullable(_array(_uuid)),
        "status": _nullable(_boolean),
    },
)
ADD_ITEMS = _object(_PRODUCTS)
PATCH_ITEM = _object({"status": _boolean})
CREATE_COLLECTION = _object(
    {"name": _string, "groups": _array(CREATE_GROUP)}, {"description": _nullable(_string)}
)
PATCH_COLLECTION = _object(
    {},
    {
        "name": _nullable(_string),
        "description": _nullable(_string),
        "group_order": _nullable(_array(_uuid)),
    },
)
