"""Comparison of texts."""

from unicodedata import normalize


def normalize_for_search(text: str) -> str:
    """Return the form in which texts are equal if they differ only in case or in encoding.

    This is canonical caseless matching, definition D145 of the Unicode Standard. The result is
    composed, so that a letter is no part of the same letter with an accent, nor of a Hangul
    syllable.
    """
    return normalize("NFC", normalize("NFD", text).casefold())
