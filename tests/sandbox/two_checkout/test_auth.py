"""Authentication of the 2Checkout simulator: a signature of merchant code and date."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from groupgate.sandbox.two_checkout import TwoCheckoutSimulator

pytestmark = pytest.mark.anyio

Sign = Callable[..., str]


async def _response(simulator: TwoCheckoutSimulator, header: str | bytes | None) -> httpx.Response:
    headers = {} if header is None else {b"X-Avangate-Authentication": header}
    raw = {
        key: value.encode() if isinstance(value, str) else value for key, value in headers.items()
    }
    transport = httpx.ASGITransport(simulator)
    async with httpx.AsyncClient(transport=transport, base_url="http://two.test") as client:
        return await client.get("/productgroups/", headers=raw)


def _at(date: str, code: str) -> TwoCheckoutSimulator:
    now = datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()
    return TwoCheckoutSimulator(merchant_code=code, secret_key="SECRET_KEY", clock=lambda: now)


@pytest.mark.parametrize(
    ("code", "date", "algo", "digest", "status"),
    [
        (
            "AVANGATE",
            "2010-05-13 12:12:12",
            "sha256",
            "29e85dbf92ce0113e7755c31c0438a7db98a4de9f910bf0a527e005f35e43739",
            200,
        ),
        (
            "AVANGATE",
            "2010-05-13 12:12:12",
            "sha3-256",
            "0c7e9c0c96148e5bf8e199a0a0e27977edc099ff0b27794e761853b96e04c7fb",
            200,
        ),
        (
            "YOURCODE123",
            "2020-06-18 08:05:46",
            "sha256",
            "483fc633a309cadc65b89519f55cc55e0d0611a6e1dfa62ac4d48fc3703a6a42",
            200,
        ),
        (
            "YOURCODE123",
            "2020-06-18 08:05:46",
            "sha3-256",
            "89cff582a336094aa0a917003e383016c173b0bcb38d812375b2b10ea6ce99ed",
            200,
        ),
        ("AVANGATE", "2010-05-13 12:12:12", "md5", "bf763db7d333e9c3038698cf59ada3e6", 401),
    ],
)
async def test_known_sha_hashes_are_accepted_and_md5_is_not(
    code: str, date: str, algo: str, digest: str, status: int
) -> None:
    header = f'code="{code}" date="{date}" hash="{digest}" algo="{algo}"'
    assert (await _response(_at(date, code), header)).status_code == status


@pytest.mark.parametrize(
    "template",
    [
        'code="{code}" date="{date}" hash="{hash}" algo="{algo}"',
        "code='{code}' date='{date}' hash='{hash}' algo='{algo}'",
        "code='{code}' date='{date}' hash='{hash}'algo='{algo}'",
        'code="{code}" date="{date}" hash="{hash}"algo="{algo}"',
        'algo = "{algo}", hash = "{hash}", date = "{date}", code = "{code}"',
    ],
)
@pytest.mark.parametrize("algo", ["sha256", "sha3-256"])
async def test_the_header_formats_of_the_official_clients_are_accepted(
    two_checkout: TwoCheckoutSimulator, sign: Sign, template: str, algo: str
) -> None:
    response = await _response(two_checkout, sign(template=template, algo=algo))
    assert response.status_code == 200


async def test_a_401_response_has_a_code_and_a_message(two_checkout: TwoCheckoutSimulator) -> None:
    response = await _response(two_checkout, None)
    assert response.status_code == 401
    assert response.json() == {
        "error_code": "AUTHENTICATION_ERROR",
        "message": "Authentication needed for this resource",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "sandbox1"},
        {"secret": "sandbox-secret-kez"},
        {"algo": "md5"},
        {"algo": "sha512"},
        {"date": "2020-06-18T08:05:46"},
        {"date": "2020-6-18  08:05:46"},
        {"date": "2020-06-18 8:5:46"},
        {"date": "2020-06-31 08:05:46"},
        {"date": ""},
        {"template": 'code="{code}" date="{date}" hash="{hash}"'},
        {"template": 'code="{code}" date="{date}" algo="{algo}"'},
        {"template": 'date="{date}" hash="{hash}" algo="{algo}"'},
        {"template": "code={code} date={date} hash={hash} algo={algo}"},
        {"template": 'code="{code}" date="{date}" hash="{hash}" algo="sha2-256"'},
        {"template": 'code="{code}" date="{date}" hash="{hash}ff" algo="{algo}"'},
        {"template": 'code="{code}" date="2020-06-18 08:05:47" hash="{hash}" algo="{algo}"'},
    ],
)
async def test_a_header_with_one_wrong_part_returns_401(
    two_checkout: TwoCheckoutSimulator, sign: Sign, wrong: dict[str, str]
) -> None:
    assert (await _response(two_checkout, sign(**wrong))).status_code == 401


@pytest.mark.parametrize(
    ("date", "status"),
    [
        ("2020-06-18 07:55:46", 200),
        ("2020-06-18 08:15:46", 200),
        ("2020-06-18 07:55:45", 401),
        ("2020-06-18 08:15:47", 401),
    ],
)
async def test_the_date_may_differ_by_ten_minutes(
    two_checkout: TwoCheckoutSimulator, sign: Sign, date: str, status: int
) -> None:
    assert (await _response(two_checkout, sign(date=date))).status_code == status


async def test_lengths_are_in_bytes_not_characters(sign: Sign) -> None:
    simulator = TwoCheckoutSimulator(merchant_code="MÜNCHEN", clock=lambda: 1_592_467_546.0)
    assert (await _response(simulator, sign(code="MÜNCHEN").encode())).status_code == 200


async def test_an_upper_case_hash_returns_401(
    two_checkout: TwoCheckoutSimulator, sign: Sign
) -> None:
    plain = sign(template="{hash}")
    header = sign().replace(plain, plain.upper())
    assert (await _response(two_checkout, header)).status_code == 401
