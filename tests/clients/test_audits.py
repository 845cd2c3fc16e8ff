"""The audits of the npm package `graphql-http` for servers."""

import asyncio
from typing import Any

import pytest

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors
from groupgate.domain.refs import ProviderKey
from tests.app.live import served
from tests.clients.node_package import NodePackage
from tests.fakes import FakeProvider


@pytest.mark.anyio
async def test_all_61_audits_pass(node: NodePackage) -> None:
    vendors = Vendors(providers={ProviderKey.DODO: FakeProvider()}, transports=())
    async with served(create_app(vendors, Settings.model_construct())) as port:
        address = f"http://127.0.0.1:{port}/graphql"
        found: list[dict[str, Any]] = await asyncio.to_thread(node.run_json, "audits.mjs", address)
    assert [audit for audit in found if audit["status"] != "ok"] == []
    assert len(found) == 61
