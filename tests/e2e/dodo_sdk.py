"""Dodo's own client (dodopayments) over the simulator, as a second reader of its state."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from dodopayments import AsyncDodoPayments

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.sandbox.app import Sandbox
from tests.providers.dodo.seed import group_ref, product_ref


@asynccontextmanager
async def open_sdk(sandbox: Sandbox) -> AsyncIterator[AsyncDodoPayments]:
    """Open the client, which raises on an unexpected response."""
    async with AsyncDodoPayments(
        bearer_token="sk_test_sandbox",
        base_url="http://sandbox/dodo",
        max_retries=0,
        http_client=httpx.AsyncClient(transport=httpx.ASGITransport(app=sandbox)),
        _strict_response_validation=True,
    ) as client:
        yield client


async def read_group(sandbox: Sandbox, ref: GroupRef) -> tuple[str | None, bool, list[ProductRef]]:
    """Return name, status and products of a group, in order."""
    async with open_sdk(sandbox) as sdk:
        found = await sdk.product_collections.retrieve(ref.collection_id or "")
    (group,) = (each for each in found.groups if each.group_id == ref.native_id)
    products = [product_ref(row.product_id) for row in group.products]
    return group.group_name, group.status, products


async def read_group_refs(sandbox: Sandbox, ref: CollectionRef) -> list[GroupRef]:
    """Return the groups of a collection, in order."""
    async with open_sdk(sandbox) as sdk:
        found = await sdk.product_collections.retrieve(ref.native_id or "")
    return [group_ref(ref.native_id, each.group_id) for each in found.groups]
