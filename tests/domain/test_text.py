"""Comparison of texts."""

import pytest

from groupgate.domain.text import normalize_for_search


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Monthly", "MONTHLY"),
        ("Straße", "STRASSE"),
        ("Éducation", "e\u0301ducation"),
        ("Å", "\u212b"),
        ("\u0345\u03b1", "\u0399\u0391"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ],
)
def test_texts_that_differ_in_case_or_encoding_are_equal(first: str, second: str) -> None:
    assert normalize_for_search(first) == normalize_for_search(second)


@pytest.mark.parametrize(("first", "second"), [("e", "é"), ("ﬁ", "f"), ("①", "1"), ("a", "a ")])
def test_other_texts_are_different(first: str, second: str) -> None:
    assert normalize_for_search(first) != normalize_for_search(second)
