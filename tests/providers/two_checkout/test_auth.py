"""The signature header of 2Checkout, compared with digests by OpenSSL and Node."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from groupgate.providers.two_checkout.client import authentication_header
from groupgate.providers.two_checkout.settings import HashAlgorithm

OLD = datetime(2010, 5, 13, 12, 12, 12, tzinfo=UTC)
NEW = datetime(2020, 6, 18, 8, 5, 46, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "at", "algorithm", "digest"),
    [
        (
            "AVANGATE",
            OLD,
            "sha256",
            "29e85dbf92ce0113e7755c31c0438a7db98a4de9f910bf0a527e005f35e43739",
        ),
        (
            "AVANGATE",
            OLD,
            "sha3-256",
            "0c7e9c0c96148e5bf8e199a0a0e27977edc099ff0b27794e761853b96e04c7fb",
        ),
        (
            "YOURCODE123",
            NEW,
            "sha256",
            "483fc633a309cadc65b89519f55cc55e0d0611a6e1dfa62ac4d48fc3703a6a42",
        ),
        (
            "YOURCODE123",
            NEW,
            "sha3-256",
            "89cff582a336094aa0a917003e383016c173b0bcb38d812375b2b10ea6ce99ed",
        ),
    ],
)
def test_published_values_have_the_expected_digest(
    code: str, at: datetime, algorithm: HashAlgorithm, digest: str
) -> None:
    assert authentication_header(code, "SECRET_KEY", at, algorithm) == (
        f'code="{code}" date="{at:%Y-%m-%d %H:%M:%S}" hash="{digest}" algo="{algorithm}"'
    )


def test_lengths_are_counted_in_bytes() -> None:
    """The signed text is 4GÖT192010-05-13 12:12:12, as Ö has two bytes; digest by OpenSSL."""
    assert authentication_header("GÖT", "schlüssel", OLD, "sha256") == (
        'code="GÖT" date="2010-05-13 12:12:12" '
        'hash="0c3270702a9ca1d5cbbcf7c9a5d4cae6b42916d5b6099963e34c2e1dd22fa7b4" algo="sha256"'
    )


def test_the_date_is_in_utc() -> None:
    east = NEW.astimezone(timezone(timedelta(hours=9)))
    assert authentication_header("A", "B", east, "sha256") == authentication_header(
        "A", "B", NEW, "sha256"
    )
