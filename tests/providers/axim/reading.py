"""How the tests ask the Axim provider, and look at what it asked of the vendor."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import httpx

from groupgate.domain.errors import UpstreamError
from groupgate.domain.paging import MembershipsRequest, Page, PageRequest
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.providers.axim import Settings, build
from groupgate.sandbox.axim import AximSimulator

FoundT = TypeVar("FoundT")
ItemT = TypeVar("ItemT")
Json = dict[str, Any]
Twist = Callable[[str, Any], Any]

COLLECTION = CollectionRef(provider=ProviderKey.AXIM)
UNKNOWN = "0123456789abcdef01234567"


def group_ref(native_id: str) -> GroupRef:
    """Name a group."""
    return GroupRef(provider=ProviderKey.AXIM, native_id=native_id)


def product_ref(native_id: str) -> ProductRef:
    """Name a product."""
    return ProductRef(provider=ProviderKey.AXIM, native_id=native_id)


def members_ask(native_id: str, first: int, offset: int = 0) -> MembershipsRequest:
    """Ask for products of a group."""
    return MembershipsRequest(
        group=group_ref(native_id), page=PageRequest(first=first, offset=offset)
    )


def told(answer: FoundT | UpstreamError) -> FoundT:
    """Return an answer that is no failure."""
    if isinstance(answer, UpstreamError):
        raise answer
    return answer


def group_list(page: int, product_page: int = 1) -> str:
    """The path of a page of groups, each with this page of its products."""
    return f"/productGroup/all?page={page}&limit=50&productPage={product_page}&productLimit=50"


def one_group(native_id: str, page: int = 1) -> str:
    """The path of a group with this page of its products."""
    return f"/productGroup/{native_id}?page={page}&limit=50"


def product_list(page: int) -> str:
    """The path of a page of products."""
    return f"/products?page={page}&limit=50"


def batch(native_ids: Sequence[str]) -> str:
    """The path of the products of these ids."""
    return f"/products?entityId={'%2C'.join(native_ids)}&page=1&limit=50"


def paths(simulator: AximSimulator) -> list[str]:
    """Return what has been asked of the simulator since the last look."""
    assert {method for method, _, _ in simulator.calls} <= {"GET"}
    seen = [path for _, path, _ in simulator.calls]
    simulator.calls.clear()
    return seen


def groups_by_name(simulator: AximSimulator) -> dict[str, Json]:
    """Return the simulator's groups, whose `products` are ids."""
    return {group["name"]: group for group in simulator.snapshot()["groups"]}


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


def twisted(settings: Settings, simulator: AximSimulator, twist: Twist) -> Provider:
    """Make a provider that gets the simulator's answers changed; a number is a bare status.

    `twist` is given the path with its query, and the body.
    """
    vendor = httpx.ASGITransport(app=simulator)

    async def answer(request: httpx.Request) -> httpx.Response:
        response = await vendor.handle_async_request(request)
        body = await response.aread()
        target = request.url.raw_path.decode().removeprefix("/open-api/api")
        changed = twist(target, json.loads(body))
        if isinstance(changed, int):
            return httpx.Response(changed)
        return httpx.Response(response.status_code, json=changed)

    return build(settings, httpx.AsyncClient(transport=httpx.MockTransport(answer)))
