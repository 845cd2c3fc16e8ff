"""The refusals of the vendor: a status with `{code, message}` (documented)."""

from groupgate.sandbox.asgi import Answer


class ApiError(Exception):
    """Ends a request with this status, code and message."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(message)
        self.answer = Answer(status=status, body={"code": code, "message": message})


def not_found(what: str) -> ApiError:
    """Say that this does not exist."""
    return ApiError(404, "NOT_FOUND", f"{what} not found")


def invalid_body(message: str) -> ApiError:
    """Say that the body has the wrong shape."""
    return ApiError(422, "INVALID_REQUEST_BODY", message)


def invalid_query(message: str) -> ApiError:
    """Say that a query parameter has the wrong shape."""
    return ApiError(422, "INVALID_QUERY_PARAMS", message)


def invalid_parameters(message: str) -> ApiError:
    """Say that the shape is right and the content is not."""
    return ApiError(422, "INVALID_REQUEST_PARAMETERS", message)


def must_have_products() -> ApiError:
    """Say that a collection would be left empty. The code is documented, its status assumed."""
    return ApiError(
        422,
        "PRODUCT_COLLECTION_MUST_HAVE_PRODUCTS",
        "The last product of a collection cannot be removed",
    )
