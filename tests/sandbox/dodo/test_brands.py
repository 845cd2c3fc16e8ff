"""Brands and locales through the official SDK."""

from typing import get_args

import dodopayments
import pytest
from dodopayments import AsyncDodoPayments
from dodopayments.types import Locale

pytestmark = pytest.mark.anyio


async def test_the_primary_brand_has_the_id_of_the_business(sdk: AsyncDodoPayments) -> None:
    primary = (await sdk.brands.list()).items[0]
    assert primary.brand_id == primary.business_id
    assert primary.to_dict(mode="json") == {
        "brand_id": primary.business_id,
        "business_id": primary.business_id,
        "name": "Kestrel Works",
        "description": None,
        "image": None,
        "url": "https://kestrel-works.example",
        "support_email": "support@kestrel-works.example",
        "statement_descriptor": "KESTRELWORKS",
        "enabled": True,
        "verification_enabled": True,
        "verification_status": "Success",
        "reason_for_hold": None,
        "archived_at": None,
    }


async def test_archived_brands_are_listed_on_demand(sdk: AsyncDodoPayments) -> None:
    listed = [brand.name for brand in (await sdk.brands.list(include_archived=True)).items]
    assert listed == ["Kestrel Works", "Marginalia", "Kestrel Labs", "Plumb CRM"]
    assert len((await sdk.brands.list(include_archived=False)).items) == 3


async def test_one_brand_is_read_or_not_found(sdk: AsyncDodoPayments) -> None:
    labs = (await sdk.brands.list()).items[2]
    assert await sdk.brands.retrieve(labs.brand_id) == labs
    assert (labs.enabled, labs.verification_status) == (False, "Hold")
    with pytest.raises(dodopayments.NotFoundError) as failure:
        await sdk.brands.retrieve("brnd_0")
    assert failure.value.body == {"code": "NOT_FOUND", "message": "Brand not found"}


async def test_the_locales_are_those_of_the_sdk(sdk: AsyncDodoPayments) -> None:
    locales = await sdk.misc.list_locales()
    assert [each.code for each in locales] == list(get_args(Locale))
    assert locales[10].to_dict() == {"code": "ja", "name": "Japanese", "native_name": "日本語"}
