"""Translations of a collection's name and description."""

from groupgate.sandbox.asgi import Answer
from groupgate.sandbox.dodo import bodies
from groupgate.sandbox.dodo.errors import invalid_parameters, not_found
from groupgate.sandbox.dodo.locales import LOCALES
from groupgate.sandbox.dodo.records import Json, Translation
from groupgate.sandbox.dodo.request import Request


def list_all(request: Request, collection_id: str) -> Answer:
    """Answer GET .../translations: all, or those of the locales asked for."""
    collection = request.catalog.collection(collection_id)
    wanted = _wanted(request)
    rows = collection.translations.items()
    shown = [_view(locale, row) for locale, row in rows if not wanted or locale in wanted]
    return Answer(body={"items": shown})


def _wanted(request: Request) -> set[str]:
    # Documented as a repeated parameter; the Python SDK joins its values with commas (measured).
    sent = [value for name, value in request.call.query if name == "locale"]
    return {locale for value in sent for locale in value.split(",") if locale}


def put(request: Request, collection_id: str, locale: str) -> Answer:
    """Answer PUT .../translations/{locale}: 201 if new, 200 if replaced (documented)."""
    collection = request.catalog.live_collection(collection_id)
    if locale not in LOCALES:
        raise invalid_parameters(f"{locale} is not a supported locale")
    body = request.body(bodies.PUT_TRANSLATION)
    status = 200 if locale in collection.translations else 201
    translation = Translation(updated_at=request.catalog.now(), **body)
    collection.translations[locale] = translation
    return Answer(status=status, body=_view(locale, translation))


def delete(request: Request, collection_id: str, locale: str) -> Answer:
    """Answer DELETE .../translations/{locale}: 200 without a body."""
    collection = request.catalog.live_collection(collection_id)
    if locale not in collection.translations:
        raise not_found("Translation")
    del collection.translations[locale]
    return Answer()


def _view(locale: str, translation: Translation) -> Json:
    return {
        "locale": locale,
        "name": translation.name,
        "description": translation.description,
        "updated_at": translation.updated_at,
    }
