"""Dry runs, `ifRevision` and idempotency keys, with every kind of mutation."""

from typing import Any

import pytest

from tests.e2e.documents import PLAN, REVISION, document, mutate
from tests.e2e.gateway import Gateway, matches_plan, snapshots, take_writes
from tests.e2e.valid_mutations import VALID_MUTATIONS, ValidMutation

pytestmark = pytest.mark.anyio

EVERY = pytest.mark.parametrize("mutation", VALID_MUTATIONS.values(), ids=VALID_MUTATIONS)
_WITH_REVISION = {name: each for name, each in VALID_MUTATIONS.items() if each.target}
WITH_REVISION = pytest.mark.parametrize("mutation", _WITH_REVISION.values(), ids=_WITH_REVISION)
_NEW_REVISION = {
    name: each
    for name, each in _WITH_REVISION.items()
    if each.name not in {"groupDelete", "productCollectionArchive"}
}
NEW_REVISION = pytest.mark.parametrize("mutation", _NEW_REVISION.values(), ids=_NEW_REVISION)
"""A deleted group and an archived collection have no new revision."""
USER_ERRORS = "userErrors { code field }"


async def send(gateway: Gateway, mutation: ValidMutation, **options: Any) -> dict[str, Any]:
    """Send a mutation with these additional arguments; return its payload."""
    arguments = {**mutation.arguments, **options}
    return await mutate(gateway, mutation.name, f"{PLAN} {USER_ERRORS}", **arguments)


async def revision(gateway: Gateway, id: str) -> str:  # noqa: A002 - the contract's word
    """Return the current revision of a group or collection."""
    node = (await gateway.data(REVISION, id=id))["node"]
    found: str = node["revision"]
    return found


@EVERY
async def test_a_dry_run_writes_nothing_and_plans_the_writes_of_a_real_run(
    gateway: Gateway, mutation: ValidMutation
) -> None:
    """The same calls in the same order; the payload of the real run has those that were sent."""
    before = snapshots(gateway.sandbox)
    planned = await send(gateway, mutation, dryRun=True)
    assert take_writes(gateway) == []
    assert snapshots(gateway.sandbox) == before
    done = await send(gateway, mutation, dryRun=False)
    assert done == planned
    assert done["userErrors"] == []
    assert done["plan"]
    assert matches_plan(done["plan"], take_writes(gateway))
    assert snapshots(gateway.sandbox) != before


@WITH_REVISION
async def test_a_mutation_with_an_outdated_revision_writes_nothing(
    gateway: Gateway, mutation: ValidMutation
) -> None:
    """The same mutation succeeds with the current revision."""
    current = await revision(gateway, mutation.target or "")
    before = snapshots(gateway.sandbox)
    gateway.clear_calls()
    stale = {"plan": [], "userErrors": [{"code": "STALE", "field": ["ifRevision"]}]}
    assert await send(gateway, mutation, ifRevision=current[::-1]) == stale
    assert take_writes(gateway) == []
    assert snapshots(gateway.sandbox) == before
    done = await send(gateway, mutation, ifRevision=current)
    assert done["userErrors"] == []
    assert matches_plan(done["plan"], take_writes(gateway))


@NEW_REVISION
async def test_a_revision_is_valid_for_one_mutation(
    gateway: Gateway, mutation: ValidMutation
) -> None:
    """Every change has a new revision, and a dry run has none."""
    target = mutation.target or ""
    before = await revision(gateway, target)
    await send(gateway, mutation, dryRun=True)
    assert await revision(gateway, target) == before
    await send(gateway, mutation, ifRevision=before)
    assert await revision(gateway, target) != before
    errors = (await send(gateway, mutation, ifRevision=before))["userErrors"]
    assert {"code": "STALE", "field": ["ifRevision"]} in errors


async def send_with_key(
    gateway: Gateway, mutation: ValidMutation, key: str
) -> tuple[int, str | None, Any]:
    """Send a mutation with this key; return status, `Idempotency-Replayed` and body."""
    query = document(mutation.name, f"{PLAN} {USER_ERRORS}", mutation.arguments)
    response = await gateway.http.post(
        "/graphql",
        json={"query": query, "variables": mutation.arguments},
        headers={"Idempotency-Key": key},
    )
    return response.status_code, response.headers.get("Idempotency-Replayed"), response.json()


@EVERY
async def test_a_mutation_with_a_key_is_executed_once(
    gateway: Gateway, mutation: ValidMutation
) -> None:
    """The second response is the first one, and it takes no call."""
    status, replayed, response = await send_with_key(gateway, mutation, "one")
    assert (status, replayed) == (200, None)
    assert response["data"]["payload"]["userErrors"] == []
    assert matches_plan(response["data"]["payload"]["plan"], take_writes(gateway))
    after = snapshots(gateway.sandbox)
    assert await send_with_key(gateway, mutation, "one") == (200, "true", response)
    assert gateway.call_counts() == {}
    assert snapshots(gateway.sandbox) == after
