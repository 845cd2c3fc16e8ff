"""The id of a request, sent to vendors on demand."""

import pytest

from groupgate.sandbox import simulator
from groupgate.sandbox.app import Sandbox
from tests.app.metrics.scraped import scraped

pytestmark = pytest.mark.anyio

GROUPS = "{ provider(key: AXIM) { groups(first: 1) { nodes { id } } } }"


@pytest.mark.parametrize("propagates", [False, True])
async def test_vendors_receive_the_request_id_only_on_demand(
    monkeypatch: pytest.MonkeyPatch, *, propagates: bool
) -> None:
    """An id that is not valid is replaced before it is sent."""
    sandbox, sent = Sandbox(unlimited=True), []
    respond = sandbox.axim.respond

    def note(request: simulator.Request) -> simulator.Response:
        sent.append(request.headers.get("x-request-id"))
        return respond(request)

    monkeypatch.setattr(sandbox.axim, "respond", note)
    async with scraped(sandbox, propagate_request_id=propagates, cache_ttl=0) as gateway:
        answers = [
            await gateway.send(GROUPS, **{"x-request-id": given}) for given in ("r1", "not valid")
        ]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert (ids[0], len(ids[1])) == ("r1", 16)
    assert sent == (ids if propagates else [None, None])
