"""Translations of collections through the official SDK."""

import dodopayments
import httpx
import pytest
from dodopayments import AsyncDodoPayments

from tests.sandbox.dodo.conftest import Clock

pytestmark = pytest.mark.anyio


async def test_translations_are_listed_all_or_by_locale(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    crm, translations = ids["Kestrel CRM"], sdk.product_collections.translations
    everything = (await translations.list(crm)).items
    assert [(each.locale, each.name, each.description) for each in everything] == [
        ("de", "Kestrel CRM", "Tarife und Extras für Vertriebsteams."),
        ("fr", "CRM Kestrel", None),
    ]
    assert [each.locale for each in (await translations.list(crm, locale=["fr", "tr"])).items] == [
        "fr"
    ]
    assert len((await translations.list(crm, locale=["fr", "de"])).items) == 2


async def test_the_locale_may_be_repeated_as_documented(
    http: httpx.AsyncClient, ids: dict[str, str]
) -> None:
    path = f"/product-collections/{ids['Kestrel CRM']}/translations"
    answer = await http.get(f"{path}?locale=fr&locale=de")
    assert [each["locale"] for each in answer.json()["items"]] == ["de", "fr"]


async def test_a_translation_is_new_once_and_then_replaced(
    http: httpx.AsyncClient, ids: dict[str, str]
) -> None:
    path = f"/product-collections/{ids['Kestrel Desk']}/translations/tr"
    created = await http.put(path, json={"name": "Kestrel Masa", "description": "Destek"})
    replaced = await http.put(path, json={"name": "Masa"})
    assert (created.status_code, replaced.status_code) == (201, 200)
    assert replaced.json() == {
        "locale": "tr",
        "name": "Masa",
        "description": None,
        "updated_at": "2026-11-22T12:00:00Z",
    }


async def test_a_translation_is_put_shown_and_deleted(
    sdk: AsyncDodoPayments, ids: dict[str, str], clock: Clock
) -> None:
    desk, translations = ids["Kestrel Desk"], sdk.product_collections.translations
    clock.now += 2
    put = await translations.update("es", id=desk, name="Mesa Kestrel")
    assert (put.locale, put.name, put.description) == ("es", "Mesa Kestrel", None)
    assert put.updated_at.isoformat() == "2026-11-22T12:00:02+00:00"
    assert (await sdk.product_collections.retrieve(desk, locale="es")).name == "Mesa Kestrel"
    await translations.delete("es", id=desk)
    assert (await sdk.product_collections.retrieve(desk, locale="es")).name == "Kestrel Desk"
    with pytest.raises(dodopayments.NotFoundError) as failure:
        await translations.delete("es", id=desk)
    assert failure.value.body == {"code": "NOT_FOUND", "message": "Translation not found"}


async def test_an_unknown_locale_cannot_be_put(
    http: httpx.AsyncClient, ids: dict[str, str]
) -> None:
    path = f"/product-collections/{ids['Kestrel Desk']}/translations/tlh"
    answer = await http.put(path, json={"name": "x"})
    assert answer.status_code == 422
    assert answer.json() == {
        "code": "INVALID_REQUEST_PARAMETERS",
        "message": "tlh is not a supported locale",
    }


async def test_an_unknown_collection_has_no_translations(sdk: AsyncDodoPayments) -> None:
    with pytest.raises(dodopayments.NotFoundError):
        await sdk.product_collections.translations.list("pdc_0")
