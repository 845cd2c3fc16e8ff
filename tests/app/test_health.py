"""/healthz and /readyz during startup, operation and shutdown."""

import pytest

from groupgate.app.factory import create_app
from groupgate.app.health import Lifecycle, Phase
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors
from groupgate.domain.refs import NamedAccount, ProviderKey
from tests.app.gateway import client_of
from tests.fakes import FakeProvider

pytestmark = pytest.mark.anyio


async def test_readyz_follows_startup_and_shutdown() -> None:
    vendor, lifecycle = FakeProvider(), Lifecycle()
    vendors = Vendors(providers={vendor.key: vendor}, transports=())
    app = create_app(vendors, Settings.model_construct(), lifecycle=lifecycle)
    async with client_of(app) as client:

        async def status() -> tuple[int, str, int]:
            ready, alive = await client.get("/readyz"), await client.get("/healthz")
            assert ready.json()["providers"] == {"DODO": "AVAILABLE"}
            assert ready.json()["mode"] == "live"
            return ready.status_code, ready.json()["status"], alive.status_code

        assert await status() == (503, "starting", 200)
        async with app.router.lifespan_context(app):
            assert await status() == (200, "ready", 200)
            lifecycle.phase = Phase.STOPPING
            assert await status() == (503, "stopping", 200)
        assert await status() == (503, "stopping", 200)


async def test_readyz_does_not_tell_of_named_accounts() -> None:
    """Everybody can read it, also callers that may see one account only."""
    axim = FakeProvider(key=ProviderKey.AXIM)
    accounts = [FakeProvider(key=NamedAccount(ProviderKey.DODO, name)) for name in ("eu", "us")]
    providers = {each.key: each for each in (axim, *accounts)}
    app = create_app(Vendors(providers=providers, transports=()), Settings.model_construct())

    async with client_of(app) as client:
        ready = await client.get("/readyz")

    assert ready.json()["providers"] == {"AXIM": "AVAILABLE"}
