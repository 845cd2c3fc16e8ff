"""Image uploads: a presigned address that works for 60 seconds; nothing is ever stored."""

from groupgate.sandbox.asgi import Answer
from groupgate.sandbox.dodo.request import Request

IMAGE_HOST = "https://images.dodo.example"
_UPLOAD_HOST = "https://uploads.dodo.example"


def image_url(image_id: str) -> str:
    """Return where an uploaded image is seen."""
    return f"{IMAGE_HOST}/{image_id}.png"


def upload_to_collection(request: Request, collection_id: str) -> Answer:
    """Answer PUT /product-collections/{id}/images."""
    return _upload(request, request.catalog.live_collection(collection_id).id)


def upload_to_product(request: Request, product_id: str) -> Answer:
    """Answer PUT /products/{id}/images."""
    return _upload(request, request.catalog.live_product(product_id).id)


def _upload(request: Request, owner: str) -> Answer:
    # An image id comes only with force_update=true (documented).
    if not request.flag("force_update"):
        return Answer(body={"url": f"{_UPLOAD_HOST}/{owner}?expires_in=60"})
    image_id = request.catalog.new_uuid()
    url = f"{_UPLOAD_HOST}/{owner}/{image_id}?expires_in=60"
    return Answer(body={"url": url, "image_id": image_id})
