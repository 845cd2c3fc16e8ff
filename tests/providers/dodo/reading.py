"""How the tests ask the Dodo provider, and look at what it asked of the vendor."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

from groupgate.domain.errors import UpstreamError
from groupgate.domain.paging import Page, PageRequest
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.providers.dodo import Settings, build
from groupgate.sandbox.dodo import DodoSimulator

FoundT = TypeVar("FoundT")
ItemT = TypeVar("ItemT")


def collection_ref(native_id: str | None) -> CollectionRef:
    """Name a collection."""
    return CollectionRef(provider=ProviderKey.DODO, native_id=native_id)


def group_ref(collection_id: str | None, native_id: str) -> GroupRef:
    """Name a group."""
    return GroupRef(provider=ProviderKey.DODO, collection_id=collection_id, native_id=native_id)


def product_ref(native_id: str) -> ProductRef:
    """Name a product."""
    return ProductRef(provider=ProviderKey.DODO, native_id=native_id)


def told(answer: FoundT | UpstreamError) -> FoundT:
    """Return an answer that is no failure."""
    if isinstance(answer, UpstreamError):
        raise answer
    return answer


def paths(simulator: DodoSimulator) -> list[str]:
    """Return what has been asked of the simulator since the last look."""
    assert {method for method, _, _ in simulator.calls} <= {"GET"}
    seen = [path for _, path, _ in simulator.calls]
    simulator.calls.clear()
    return seen


async def all_pages(
    first: int, read: Callable[[PageRequest], Awaitable[Page[ItemT]]]
) -> list[ItemT]:
    """Read a whole list in pages, each beginning where the one before ended."""
    items: list[ItemT] = []
    ask = PageRequest(first=first)
    while True:
        page = await read(ask)
        assert len(page.items) == len(page.ends) <= first
        items += page.items
        if page.has_next is False:
            return items
        ask = PageRequest(first=first, offset=page.ends[-1])


def twisted(
    settings: Settings, simulator: DodoSimulator, twist: Callable[[str, Any], Any]
) -> Provider:
    """Make a provider that gets the simulator's answers changed; None of it is a 500."""
    vendor = httpx.ASGITransport(app=simulator)

    async def answer(request: httpx.Request) -> httpx.Response:
        response = await vendor.handle_async_request(request)
        body = await response.aread()
        changed = twist(request.url.path, json.loads(body))
        if changed is None:
            return httpx.Response(500)
        return httpx.Response(response.status_code, json=changed)

    return build(settings, httpx.AsyncClient(transport=httpx.MockTransport(answer)))


def playing(settings: Settings, bodies: dict[str, Any]) -> tuple[Provider, list[str]]:
    """Make a provider whose vendor has just these answers, by path; and the paths it asks for."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        seen.append(target)
        if target not in bodies:
            return httpx.Response(404, json={"code": "NOT_FOUND", "message": ""})
        return httpx.Response(200, json=bodies[target])

    return build(settings, httpx.AsyncClient(transport=httpx.MockTransport(answer))), seen
