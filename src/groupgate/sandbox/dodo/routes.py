"""Which handler answers which method and path."""

from collections.abc import Callable, Iterable, Sequence

from groupgate.sandbox.asgi import Answer
from groupgate.sandbox.dodo import (
    brands,
    groups,
    images,
    items,
    locales,
    product_collections,
    products,
    translations,
)
from groupgate.sandbox.dodo.errors import ApiError, not_found

Handler = Callable[..., Answer]
"""Takes a Request and what stands for each `*` of its path."""

_COLLECTION = "product-collections/*"
_GROUP = f"{_COLLECTION}/groups/*"

ROUTES: dict[str, dict[str, Handler]] = {
    "product-collections": {
        "GET": product_collections.list_all,
        "POST": product_collections.create,
    },
    _COLLECTION: {
        "GET": product_collections.get,
        "PATCH": product_collections.update,
        "DELETE": product_collections.archive,
    },
    f"{_COLLECTION}/unarchive": {"POST": product_collections.unarchive},
    f"{_COLLECTION}/images": {"PUT": images.upload_to_collection},
    f"{_COLLECTION}/groups": {"POST": groups.create},
    _GROUP: {"PATCH": groups.update, "DELETE": groups.delete},
    f"{_GROUP}/items": {"POST": items.create},
    f"{_GROUP}/items/*": {"PATCH": items.update, "DELETE": items.delete},
    f"{_COLLECTION}/translations": {"GET": translations.list_all},
    f"{_COLLECTION}/translations/*": {"PUT": translations.put, "DELETE": translations.delete},
    "products": {"GET": products.list_all, "POST": products.create},
    "products/*": {"GET": products.get, "PATCH": products.update, "DELETE": products.archive},
    "products/*/unarchive": {"POST": products.unarchive},
    "products/*/images": {"PUT": images.upload_to_product},
    "brands": {"GET": brands.list_all},
    "brands/*": {"GET": brands.get},
    "locales": {"GET": locales.list_all},
}


def resolve(method: str, segments: Sequence[str]) -> tuple[Handler, list[str]]:
    """Find the handler of a call and the ids in its path."""
    for pattern, handlers in ROUTES.items():
        ids = _match(pattern.split("/"), segments)
        if ids is not None:
            return _of_method(handlers, method), ids
    raise not_found("Path")


def _match(pattern: Sequence[str], segments: Sequence[str]) -> list[str] | None:
    if len(pattern) != len(segments):
        return None
    pairs = list(zip(pattern, segments, strict=True))
    if any(piece not in {"*", segment} for piece, segment in pairs):
        return None
    return [segment for piece, segment in pairs if piece == "*"]


def _of_method(handlers: dict[str, Handler], method: str) -> Handler:
    if method not in handlers:
        raise _method_not_allowed(handlers)
    return handlers[method]


def _method_not_allowed(allowed: Iterable[str]) -> ApiError:
    return ApiError(405, "METHOD_NOT_ALLOWED", f"Allowed here: {', '.join(allowed)}")
