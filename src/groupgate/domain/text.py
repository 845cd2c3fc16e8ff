"""Comparison of texts."""

from unicodedata import normalize


def normalize_for_search(text: str) -> str:
    """Return the form in which texts are equal if they differ only in case or in encoding.

    This is canonical caseless matching, definition D145 of the Unicode Standard.
    """
    return normalize("NFD", normalize("NFD", text).casefold())
