"""Every mutation at every vendor, with responses of success that the vendors do not document."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.gateway import open_gateway, plain_transport, simulators
from tests.e2e.transports import AlteredWrites, RawResponse
from tests.e2e.valid_mutations import VALID_MUTATIONS

pytestmark = pytest.mark.anyio

Call = tuple[str, str, Any]
"""Method, path and body."""

HTML: Final = {"Content-Type": "text/html; charset=UTF-8"}

SUCCESSES: Final[Mapping[str, RawResponse]] = {
    "200 without a body": RawResponse(),
    "204": RawResponse(204),
    "202 with white space": RawResponse(202, b"\r\n"),
    "{}": RawResponse(body=b"{}"),
    "[]": RawResponse(body=b"[]"),
    "null": RawResponse(body=b"null"),
    "true as text": RawResponse(body=b'"true"'),
    "true as text/html": RawResponse(body=b"true", headers=HTML),
    "byte order mark": RawResponse(body=b"\xef\xbb\xbftrue"),
    "a message": RawResponse(
        body=(Path(__file__).parent / "vendor_responses/dodo-void-answer-message.json").read_bytes()
    ),
    "a message in Latin-1": RawResponse(body=b'{"message": "Ge\xe4ndert"}'),
    "odd data": RawResponse(body=b'{"success": true, "data": [7], "message": ""}'),
    "1 for true": RawResponse(body=b'{"success": 1, "data": {"id": null}}'),
    "errors without a value": RawResponse(
        body=b'{"code": 200, "error": false, "errors": [], "error_code": null}'
    ),
    "no excluded products": RawResponse(
        body=b'{"collection_id": null, "excluded_product_ids": null}'
    ),
}
"""A success by its status, and no error inside."""

READS_FOR_IDS: Final = {
    "Dodo, create": 1,
    "Dodo, set": 1,
    "Dodo, move": 1,
    "Dodo, collection create": 2,
    "Axim, create": 1,
}
"""The reads that find ids which the documented response contains."""

UNREADABLE: Final[Mapping[str, RawResponse]] = {
    "a page": RawResponse(body=b"<!DOCTYPE html><p>Done</p>", headers=HTML),
    "a page labelled as JSON": RawResponse(
        body=b"\n<html>", headers={"Content-Type": "application/json"}
    ),
    "false": RawResponse(body=b"false"),
    "9 MiB": RawResponse(headers={"Content-Length": str(9 * 1024 * 1024)}),
    "broken gzip": RawResponse(body=b"no gzip", headers={"Content-Encoding": "gzip"}),
}
"""A success by its status, with a body that cannot be read, or does not confirm it."""

LOST_VALUES: Final[Mapping[str, Mapping[str, Any]]] = {
    "Dodo, collection unarchive": {
        "extensions": {
            "unreadable": [
                {
                    "provider": "DODO",
                    "path": ["payload"],
                    "jsonPath": "$.excluded_product_ids",
                    "count": 1,
                }
            ]
        }
    }
}
"""What the response adds where no read finds what the unreadable body contained."""

VERIFYING_READS: Final = {
    "Dodo, unassign": 2,
    "Dodo, set": 3,
    "Dodo, move": 4,
    "Dodo, collection create": 2,
    "Axim, create": 2,
    "Axim, move": 2,
    "2Checkout, create": 3,
    "2Checkout, assign": 2,
    "2Checkout, unassign": 3,
    "2Checkout, set": 5,
    "2Checkout, move": 2,
}
"""One for each write, and one more where a new collection or group has to be identified."""

ROLLED_BACK: Final = {"Dodo, move", "Axim, move"}
"""Mutations whose failure is reported in the payload, if the state afterwards cannot be read."""

_documented: dict[str, list[Call]] = {}


async def run(name: str, writes: AlteredWrites | None = None) -> tuple[Any, list[Call]]:
    """Run a mutation at new vendors; return the response and the calls that they received."""
    mutation = VALID_MUTATIONS[name]
    transport = writes.transport if writes else plain_transport
    async with open_gateway(transport=transport) as gateway:
        response = await gateway.execute(mutation.document, **mutation.arguments)
        vendors = simulators(gateway.sandbox).values()
        return response, [call for vendor in vendors for call in vendor.calls]


async def run_documented(name: str) -> list[Call]:
    """Return the calls of a mutation if the vendors respond as documented; each is run once."""
    if name not in _documented:
        response, calls = await run(name)
        assert response == {"data": {"payload": {"userErrors": []}}}
        _documented[name] = calls
    return _documented[name]


def writes_in(calls: list[Call]) -> list[Call]:
    """Return the writes; those that are sent at the same time have no order."""
    return sorted((call for call in calls if call[0] != "GET"), key=str)


@pytest.mark.parametrize("odd", SUCCESSES.values(), ids=SUCCESSES)
@pytest.mark.parametrize("name", VALID_MUTATIONS)
async def test_a_status_of_success_without_an_error_is_a_success(
    name: str, odd: RawResponse
) -> None:
    documented = await run_documented(name)
    response, calls = await run(name, AlteredWrites(odd))
    assert response == {"data": {"payload": {"userErrors": []}}}
    assert writes_in(calls) == writes_in(documented)
    assert len(calls) == len(documented) + READS_FOR_IDS.get(name, 0)


@pytest.mark.parametrize("odd", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("name", VALID_MUTATIONS)
async def test_a_read_confirms_a_write_whose_response_cannot_be_read(
    name: str, odd: RawResponse
) -> None:
    documented = await run_documented(name)
    response, calls = await run(name, AlteredWrites(odd))
    assert response == {"data": {"payload": {"userErrors": []}}, **LOST_VALUES.get(name, {})}
    assert writes_in(calls) == writes_in(documented)
    assert len(calls) == len(documented) + VERIFYING_READS.get(name, 1)


@pytest.mark.parametrize("name", VALID_MUTATIONS)
async def test_a_read_shows_that_a_write_whose_response_cannot_be_read_was_not_applied(
    name: str,
) -> None:
    writes = AlteredWrites(UNREADABLE["a page"], reach_vendor=False)
    response, calls = await run(name, writes)
    (error,) = response["errors"]
    assert (error["extensions"]["code"], error["extensions"]["outcome"]) == (
        "UPSTREAM_PROTOCOL",
        "NOT_APPLIED",
    )
    assert response["data"] == {"payload": None}
    assert writes_in(calls) == []


@pytest.mark.parametrize("reach_vendor", [True, False])
@pytest.mark.parametrize("name", [name for name in VALID_MUTATIONS if name not in ROLLED_BACK])
async def test_the_outcome_is_unknown_if_the_read_fails_too(
    name: str, *, reach_vendor: bool
) -> None:
    writes = AlteredWrites(UNREADABLE["a page"], reach_vendor=reach_vendor, fail_reads=True)
    response, _ = await run(name, writes)
    (error,) = response["errors"]
    assert (error["extensions"]["code"], error["extensions"]["outcome"]) == (
        "UPSTREAM_PROTOCOL",
        "UNKNOWN",
    )


@pytest.mark.parametrize("name", sorted(ROLLED_BACK))
async def test_a_move_that_cannot_be_verified_nor_rolled_back_is_incomplete(name: str) -> None:
    response, _ = await run(name, AlteredWrites(UNREADABLE["a page"], fail_reads=True))
    codes = {error["code"] for error in response["data"]["payload"]["userErrors"]}
    assert ("errors" in response, codes) == (False, {"INCOMPLETE"})


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": "INTERNAL", "message": "no"}',
        b'{"success": false, "message": "no"}',
        b'{"error_code": "INTERNAL", "message": "no"}',
        b'{"success": "false"}',
        b'{"error": "no"}',
        b'{"errors": [{"message": "no"}]}',
    ],
)
@pytest.mark.parametrize("name", ["Dodo, update", "Axim, assign", "2Checkout, assign"])
async def test_an_error_with_a_status_of_success_is_no_success(name: str, body: bytes) -> None:
    writes = AlteredWrites(RawResponse(body=body), reach_vendor=False)
    response, calls = await run(name, writes)
    (error,) = response["errors"]
    assert (error["extensions"]["code"], error["extensions"]["outcome"]) == (
        "UPSTREAM_PROTOCOL",
        "UNKNOWN",
    )
    assert calls == []
