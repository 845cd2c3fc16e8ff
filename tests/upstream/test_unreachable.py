"""Why a vendor cannot be reached or rejects the key: what the log, the error and clients get."""

import asyncio
import time

import httpx
import pytest
from structlog.testing import capture_logs

from groupgate.domain.errors import Denied, Unreachable
from groupgate.request import request_scope
from tests.upstream.vendor import Shape, Vendor, status

pytestmark = pytest.mark.anyio

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"
NOON_EPOCH = 1_795_348_800


async def failure(vendor: Vendor) -> Unreachable:
    with request_scope(deadline=1), pytest.raises(Unreachable) as caught:
        await vendor.client.get("/a", Shape)
    return caught.value


async def test_the_reason_is_logged_once_a_minute_and_is_not_in_the_message() -> None:
    vendor = Vendor(httpx.ConnectError("the connection was refused"))
    with capture_logs() as logs:
        errors = [await failure(vendor)]
        await asyncio.sleep(58)
        errors.append(await failure(vendor))
        vendor.answers = [httpx.ConnectTimeout("no connection within 5 s")]
        errors.append(await failure(vendor))
        await asyncio.sleep(60)
        vendor.answers = [httpx.ConnectError("the connection was refused")]
        errors.append(await failure(vendor))
    assert {error.message for error in errors} == {"Dodo Payments could not be reached."}
    refused, late = "the connection was refused", "no connection within 5 s"
    assert [error.reason for error in errors] == [refused, refused, late, refused]
    assert [
        (line["log_level"], line["provider"], line["reason"])
        for line in logs
        if line["event"] == "vendor_unreachable"
    ] == [("warning", "DODO", refused), ("warning", "DODO", late), ("warning", "DODO", refused)]


@pytest.mark.parametrize("code", [401, 403])
@pytest.mark.parametrize(
    ("ahead", "addition"),
    [
        (0, ""),
        (60, ""),
        (-61, " The clocks of Dodo Payments and of this machine differ by 61 s."),
        (7200, " The clocks of Dodo Payments and of this machine differ by 7200 s."),
    ],
)
async def test_a_rejected_key_names_clocks_that_differ(
    code: int, ahead: int, addition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: NOON_EPOCH - ahead)
    vendor = Vendor(status(code, Date=NOON))
    with request_scope(deadline=1), pytest.raises(Denied) as caught:
        await vendor.client.get("/a", Shape)
    expected = f"Dodo Payments does not accept the gateway's credentials.{addition}"
    assert caught.value.message == expected
