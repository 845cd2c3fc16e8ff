"""Scopes and the vendors that they permit."""

import pytest

from groupgate.app.auth.caller import SCOPES, Permissions, permissions_of
from groupgate.domain.refs import AccountKey, NamedAccount, ProviderKey

AXIM, DODO = ProviderKey.AXIM, ProviderKey.DODO
ALL = frozenset(ProviderKey)
EU = NamedAccount(DODO, "eu")


def test_there_are_two_scopes_for_all_vendors_and_two_for_each() -> None:
    assert list(SCOPES) == [
        "read",
        "write",
        "read:AXIM",
        "write:AXIM",
        "read:DODO",
        "write:DODO",
        "read:TWO_CHECKOUT",
        "write:TWO_CHECKOUT",
    ]


@pytest.mark.parametrize(
    ("scopes", "readable", "writable"),
    [
        ([], set(), set()),
        (["read"], ALL, set()),
        (["write"], ALL, ALL),
        (["read:DODO"], {DODO}, set()),
        (["write:AXIM"], {AXIM}, {AXIM}),
        (["read:DODO", "write:AXIM"], {AXIM, DODO}, {AXIM}),
        (["read", "write:AXIM"], ALL, {AXIM}),
        (["read:DODO/eu"], {EU}, set()),
        (["write:DODO/eu", "read:AXIM"], {AXIM, EU}, {EU}),
        (["read:DODO/", "read:DODO/-eu", "read:dodo/eu", "read:/eu", "read/eu"], set(), set()),
        (["openid", "READ", "read:", "read:dodo", "write:*"], set(), set()),
    ],
)
def test_scopes_permit_vendors(
    scopes: list[str], readable: set[AccountKey], writable: set[AccountKey]
) -> None:
    """Writing includes reading; unknown scopes permit nothing."""
    expected = Permissions(readable=frozenset(readable), writable=frozenset(writable))
    assert permissions_of(scopes) == expected
