"""On what terms changes are made: shown first, only if nothing has changed, and only once."""

from typing import Any

import pytest

from tests.e2e.gateway import Gateway
from tests.e2e.mutations import PLAN, document, mutate
from tests.e2e.possible_changes import CHANGES, Change
from tests.e2e.watching import fits, snapshots, writes

pytestmark = pytest.mark.anyio

EVERY = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
GUARDED_CHANGES = {name: each for name, each in CHANGES.items() if each.target}
GUARDED = pytest.mark.parametrize("change", GUARDED_CHANGES.values(), ids=GUARDED_CHANGES)
LASTING_CHANGES = {
    name: each
    for name, each in GUARDED_CHANGES.items()
    if each.mutation not in {"groupDelete", "productCollectionArchive"}
}
LASTING = pytest.mark.parametrize("change", LASTING_CHANGES.values(), ids=LASTING_CHANGES)
"""What is gone, or put away as it is, has no other revision afterwards."""
WHY = "userErrors { code field }"
REVISION = (
    "query($id: ID!) { node(id: $id) { ... on Group { revision }"
    " ... on ProductCollection { revision } } }"
)


async def carry_out(gateway: Gateway, change: Change, **terms: Any) -> dict[str, Any]:
    """Send a change on these terms."""
    arguments = {**change.arguments, **terms}
    return await mutate(gateway, change.mutation, f"{PLAN} {WHY}", **arguments)


async def revision(gateway: Gateway, id: str) -> str:  # noqa: A002 - the contract's word
    """The revision of a group or collection now."""
    node = (await gateway.data(REVISION, id=id))["node"]
    found: str = node["revision"]
    return found


@EVERY
async def test_a_dry_run_writes_nothing_and_plans_what_a_real_run_writes(
    gateway: Gateway, change: Change
) -> None:
    """The same calls in the same order; the real run tells those that it has made."""
    before = snapshots(gateway.sandbox)
    planned = await carry_out(gateway, change, dryRun=True)
    assert writes(gateway) == []
    assert snapshots(gateway.sandbox) == before
    done = await carry_out(gateway, change, dryRun=False)
    assert done == planned
    assert done["userErrors"] == []
    assert done["plan"]
    assert fits(done["plan"], writes(gateway))
    assert snapshots(gateway.sandbox) != before


@GUARDED
async def test_a_change_of_a_revision_that_no_longer_holds_writes_nothing(
    gateway: Gateway, change: Change
) -> None:
    """The same change goes through with the revision that holds."""
    current = await revision(gateway, change.target or "")
    before = snapshots(gateway.sandbox)
    gateway.clear()
    stale = {"plan": [], "userErrors": [{"code": "STALE", "field": ["ifRevision"]}]}
    assert await carry_out(gateway, change, ifRevision=current[::-1]) == stale
    assert writes(gateway) == []
    assert snapshots(gateway.sandbox) == before
    done = await carry_out(gateway, change, ifRevision=current)
    assert done["userErrors"] == []
    assert fits(done["plan"], writes(gateway))


@LASTING
async def test_a_revision_holds_once(gateway: Gateway, change: Change) -> None:
    """Every change that is made makes another revision, and a dry run makes none."""
    target = change.target or ""
    before = await revision(gateway, target)
    await carry_out(gateway, change, dryRun=True)
    assert await revision(gateway, target) == before
    await carry_out(gateway, change, ifRevision=before)
    assert await revision(gateway, target) != before
    told = (await carry_out(gateway, change, ifRevision=before))["userErrors"]
    assert {"code": "STALE", "field": ["ifRevision"]} in told


async def send(gateway: Gateway, change: Change, key: str) -> tuple[int, str | None, Any]:
    """Send a change with this key; return status, the header that tells a repeat, and answer."""
    arguments = dict(change.arguments)
    query = document(change.mutation, f"{PLAN} {WHY}", arguments)
    response = await gateway.http.post(
        "/graphql",
        json={"query": query, "variables": arguments},
        headers={"Idempotency-Key": key},
    )
    return response.status_code, response.headers.get("Idempotency-Replayed"), response.json()


@EVERY
async def test_a_key_makes_a_change_once(gateway: Gateway, change: Change) -> None:
    """The second answer is the first one, and no call is made for it."""
    status, replayed, answer = await send(gateway, change, "one")
    assert (status, replayed) == (200, None)
    assert answer["data"]["payload"]["userErrors"] == []
    assert fits(answer["data"]["payload"]["plan"], writes(gateway))
    after = snapshots(gateway.sandbox)
    assert await send(gateway, change, "one") == (200, "true", answer)
    assert gateway.counts() == {}
    assert snapshots(gateway.sandbox) == after
