"""Authentication of the Axim simulator."""

import httpx
import pytest

from groupgate.sandbox.axim import AximSimulator

pytestmark = pytest.mark.anyio


async def _status(axim: AximSimulator, headers: dict[str, str]) -> int:
    transport = httpx.ASGITransport(axim)
    async with httpx.AsyncClient(transport=transport, base_url="http://axim.test") as client:
        return (await client.get("/productGroup/all", headers=headers)).status_code


@pytest.mark.parametrize(
    "header",
    ["axim-sandbox-token", "Bearer axim-sandbox-token", "bearer  axim-sandbox-token"],
)
async def test_the_token_is_accepted_bare_or_after_bearer(axim: AximSimulator, header: str) -> None:
    assert await _status(axim, {"accessToken": header}) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"accessToken": ""},
        {"accessToken": "Bearer"},
        {"accessToken": "axim-sandbox-tokem"},
        {"accessToken": "Basic axim-sandbox-token"},
        {"Authorization": "Bearer axim-sandbox-token"},
    ],
)
async def test_any_other_header_returns_401(axim: AximSimulator, headers: dict[str, str]) -> None:
    assert await _status(axim, headers) == 401


async def test_the_header_name_is_case_insensitive(axim: AximSimulator) -> None:
    assert await _status(axim, {"ACCESSTOKEN": "axim-sandbox-token"}) == 200


async def test_the_token_can_be_configured() -> None:
    axim = AximSimulator(access_token="another")
    assert await _status(axim, {"accessToken": "axim-sandbox-token"}) == 401
    assert await _status(axim, {"accessToken": "another"}) == 200


async def test_a_401_response_has_a_message(axim: AximSimulator) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(axim), base_url="http://axim.test"
    ) as client:
        response = await client.delete("/products/nothing")
    assert response.status_code == 401
    assert response.json() == {"success": False, "message": "Access token is invalid or missing"}
