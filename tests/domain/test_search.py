"""Comparison of texts in searches."""

import pytest

from groupgate.domain.paging import normalize_for_search


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Monthly", "MONTHLY"),
        ("Straße", "STRASSE"),
        ("Éducation", "e\u0301ducation"),
        ("Å", "\u212b"),
        ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),
        ("Ǆ", "ǆ"),
        ("ǰ", "J\u030c"),
        ("\u0345\u03b1", "\u0399\u0391"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ],
)
def test_texts_that_differ_in_case_or_encoding_are_equal(first: str, second: str) -> None:
    assert normalize_for_search(first) == normalize_for_search(second)


@pytest.mark.parametrize(("first", "second"), [("e", "é"), ("ﬁ", "f"), ("①", "1"), ("a", "a ")])
def test_other_texts_are_different(first: str, second: str) -> None:
    assert normalize_for_search(first) != normalize_for_search(second)


@pytest.mark.parametrize(
    ("part", "text", "found"),
    [
        ("CAFÉ", "Le cafe\u0301 noir", True),
        ("cafe\u0301", "Le café noir", True),
        ("cafe", "Le cafe\u0301 noir", False),
        ("cafe", "Le café noir", False),
        ("\u1112\u1161\u11ab", "한국", True),
        ("하", "한국", False),
        ("\u1112\u1161", "한국", False),
    ],
)
def test_a_letter_is_no_part_of_a_letter_with_an_accent_in_either_encoding(
    part: str, text: str, *, found: bool
) -> None:
    assert (normalize_for_search(part) in normalize_for_search(text)) is found
