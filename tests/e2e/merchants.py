"""Several merchants at one simulator of each vendor, told apart by their credentials alone.

Their catalogues have the same ids, also those of objects that are created later. Only the names
differ: they end with the name of the merchant in brackets.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.domain.refs import ProviderKey
from groupgate.sandbox.axim import AximSimulator
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.sandbox.simulator import Receive, Scope, Send, Simulator
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from groupgate.sandbox.two_checkout.catalog import GENERAL

MERCHANTS: Final = ("eu", "us")
"""The names of the merchants, and of the callers that have access to their accounts alone."""

BOTH: Final = "both"
"""The caller that has access to all accounts."""

NOW: Final = 1_780_000_000.0
"""The time of the catalogues."""


class Merchant:
    """The catalogues of one merchant at all vendors."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.secret = f"secret-of-{name}"
        self.dodo = DodoSimulator(
            api_key=self.secret,
            prefix="/dodo",
            rate_per_second=None,
            rate_per_minute=None,
            clock=lambda: NOW,
        )
        self.axim = AximSimulator(access_token=self.secret, prefix="/axim", clock=lambda: NOW)
        self.two_checkout = TwoCheckoutSimulator(
            merchant_code=self.secret, secret_key=self.secret, prefix="/2checkout"
        )
        _mark_names(self, f" [{name}]")

    def snapshots(self) -> list[Any]:
        """Return the state of all catalogues."""
        return [each.snapshot() for each in (self.dodo, self.axim, self.two_checkout)]

    def simulator(self, path: str, headers: str) -> Simulator | None:
        """Return the simulator for a call, None if it is not made with the merchant's secret."""
        if self.secret not in headers:
            return None
        by_prefix = {"dodo": self.dodo, "axim": self.axim, "2checkout": self.two_checkout}
        return by_prefix[path.split("/")[1]]

    def tables(self, address: str) -> str:
        """Return the tables of the merchant's accounts in the file of accounts.

        The vendors are at this address.
        """
        return "".join(
            f'[[accounts]]\nname = "{self.name}"\nvendor = "{vendor}"\n{lines}\n'
            for vendor, lines in {
                "DODO": f'DODO_PAYMENTS_API_KEY = "{self.secret}"\n'
                f'DODO_PAYMENTS_BASE_URL = "{address}/dodo"',
                "AXIM": f'AXIM_ACCESS_TOKEN = "{self.secret}"\nAXIM_BASE_URL = "{address}/axim"',
                "TWO_CHECKOUT": f'TWOCHECKOUT_MERCHANT_CODE = "{self.secret}"\n'
                f'TWOCHECKOUT_SECRET_KEY = "{self.secret}"\n'
                f'TWOCHECKOUT_BASE_URL = "{address}/2checkout"',
            }.items()
        )


class Vendors:
    """An ASGI app that passes each call to the merchant whose secret it has."""

    def __init__(self, merchants: Sequence[Merchant]) -> None:
        self._merchants = merchants

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        headers = str(scope["headers"])
        found = [each.simulator(scope["path"], headers) for each in self._merchants]
        (simulator,) = (each for each in found if each is not None)
        await simulator(scope, receive, send)


@asynccontextmanager
async def open_accounts(
    folder: Path, merchants: Sequence[Merchant], **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Open a gateway with the accounts of these merchants; each caller's token is its name."""
    file = write_accounts(folder, merchants, "http://vendors")
    own = Settings.model_construct(accounts=file, tokens=tokens(), **settings)
    transport = httpx.ASGITransport(app=Vendors(merchants))
    app = create_app(connect({}, lambda: transport, own), own)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://gateway"
        ) as http,
    ):
        yield http


def write_accounts(folder: Path, merchants: Sequence[Merchant], address: str) -> Path:
    """Write the file of accounts of these merchants, whose vendors are at this address."""
    file = folder / f"{'-'.join(merchant.name for merchant in merchants)}.toml"
    file.write_text("".join(merchant.tables(address) for merchant in merchants))
    return file


def tokens() -> str:
    """Return the tokens of all callers: each is its caller's name."""
    scopes = {
        name: " ".join(f"write:{vendor.value}/{name}" for vendor in ProviderKey)
        for name in MERCHANTS
    }
    return ";".join(
        f"{name} sha256:{sha256(name.encode()).hexdigest()} {own}"
        for name, own in (scopes | {BOTH: "write"}).items()
    )


def _mark_names(merchant: Merchant, mark: str) -> None:
    dodo: Any = merchant.dodo._catalog
    _mark(dodo.products.values(), mark)
    _mark(dodo.collections.values(), mark)
    for collection in dodo.collections.values():
        _mark((group for group in collection.groups if group.name), mark)
    axim: Any = merchant.axim._catalog
    two_checkout: Any = merchant.two_checkout._catalog
    for catalog, field in ((axim, "name"), (two_checkout, "ProductName")):
        for code, group in catalog.groups.items():
            if code != GENERAL:
                catalog.groups[code] = replace(group, name=group.name + mark)
        for code, product in catalog.products.items():
            fields = product.fields | {field: product.fields[field] + mark}
            catalog.products[code] = replace(product, fields=fields)


def _mark(records: Iterable[Any], mark: str) -> None:
    for record in records:
        record.name += mark
