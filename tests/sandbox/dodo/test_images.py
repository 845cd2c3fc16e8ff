"""Image uploads through the official SDK."""

import dodopayments
import pytest
from dodopayments import AsyncDodoPayments

pytestmark = pytest.mark.anyio


async def test_a_collection_gets_an_upload_address(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    crm = ids["Kestrel CRM"]
    plain = await sdk.product_collections.update_images(crm)
    assert (plain.url, plain.image_id) == (
        f"https://uploads.dodo.example/{crm}?expires_in=60",
        None,
    )
    fresh = await sdk.product_collections.update_images(crm, force_update=True)
    assert fresh.url == f"https://uploads.dodo.example/{crm}/{fresh.image_id}?expires_in=60"
    again = await sdk.product_collections.update_images(crm, force_update=True)
    assert again.image_id != fresh.image_id


async def test_a_product_gets_an_upload_address(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    key = ids["Maps API"]
    plain = await sdk.products.images.update(key, force_update=False)
    assert (plain.url, plain.image_id) == (
        f"https://uploads.dodo.example/{key}?expires_in=60",
        None,
    )
    fresh = await sdk.products.images.update(key, force_update=True)
    assert fresh.url == f"https://uploads.dodo.example/{key}/{fresh.image_id}?expires_in=60"


async def test_an_uploaded_image_is_shown_once_it_is_set(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    upload = await sdk.product_collections.update_images(ids["Kestrel Desk"], force_update=True)
    await sdk.product_collections.update(ids["Kestrel Desk"], image_id=upload.image_id)
    desk = await sdk.product_collections.retrieve(ids["Kestrel Desk"])
    assert desk.image == f"https://images.dodo.example/{upload.image_id}.png"


async def test_what_does_not_exist_has_no_images(sdk: AsyncDodoPayments) -> None:
    with pytest.raises(dodopayments.NotFoundError):
        await sdk.product_collections.update_images("pdc_0")
    with pytest.raises(dodopayments.NotFoundError):
        await sdk.products.images.update("pdt_0")
