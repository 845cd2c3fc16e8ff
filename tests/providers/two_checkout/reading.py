"""How the tests ask the 2Checkout provider, and look at what it asked of the vendor."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from groupgate.domain.catalog import Membership
from groupgate.domain.errors import UpstreamError
from groupgate.domain.paging import Page, PageRequest
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator

FoundT = TypeVar("FoundT")
ItemT = TypeVar("ItemT")

IMPLICIT = CollectionRef(provider=ProviderKey.TWO_CHECKOUT)


def group_ref(code: str) -> GroupRef:
    """Name a group."""
    return GroupRef(provider=ProviderKey.TWO_CHECKOUT, native_id=code)


def product_ref(code: str) -> ProductRef:
    """Name a product."""
    return ProductRef(provider=ProviderKey.TWO_CHECKOUT, native_id=code)


def told(answer: FoundT | UpstreamError) -> FoundT:
    """Return an answer that is no failure."""
    if isinstance(answer, UpstreamError):
        raise answer
    return answer


def codes(members: Iterable[Membership]) -> list[str]:
    """Return the codes of products in a group."""
    return [member.product.ref.native_id for member in members]


def paths(simulator: TwoCheckoutSimulator) -> list[str]:
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
