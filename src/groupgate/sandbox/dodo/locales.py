"""The languages that checkout speaks (documented list)."""

from groupgate.sandbox.asgi import Answer
from groupgate.sandbox.dodo.request import Request

LOCALES = {
    "ar": ("Arabic", "العربية"),
    "ca": ("Catalan", "Català"),
    "zh": ("Chinese", "中文"),
    "nl": ("Dutch", "Nederlands"),
    "en": ("English", "English"),
    "fr": ("French", "Français"),
    "de": ("German", "Deutsch"),
    "he": ("Hebrew", "עברית"),
    "id": ("Indonesian", "Bahasa Indonesia"),
    "it": ("Italian", "Italiano"),
    "ja": ("Japanese", "日本語"),
    "ka": ("Georgian", "ქართული"),
    "ko": ("Korean", "한국어"),
    "ms": ("Malay", "Bahasa Melayu"),
    "pl": ("Polish", "Polski"),
    "pt": ("Portuguese", "Português"),
    "ro": ("Romanian", "Română"),
    "ru": ("Russian", "Русский"),
    "es": ("Spanish", "Español"),
    "sv": ("Swedish", "Svenska"),
    "th": ("Thai", "ไทย"),
    "tr": ("Turkish", "Türkçe"),
}


def list_all(_request: Request) -> Answer:
    """Answer GET /locales: a bare array."""
    rows = ((code, *names) for code, names in LOCALES.items())
    keys = ("code", "name", "native_name")
    return Answer(body=[dict(zip(keys, row, strict=True)) for row in rows])
