"""Taking products out of groups: what is asked, and what the general group is spared."""

from collections.abc import Awaitable, Callable

import pytest

from groupgate.domain.errors import Refused
from groupgate.domain.paging import GroupsRequest, MembershipsRequest, PageRequest
from groupgate.domain.planner import Plan
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import InvalidInput, NotFound, UserErrorCode
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.two_checkout.changing import (
    GENERAL,
    GONE,
    LEGACY,
    OFFICE,
    UTILITIES,
    asked,
    carry,
    held,
    moved,
)
from tests.providers.two_checkout.faults import FailWith, Fault
from tests.providers.two_checkout.reading import IMPLICIT, product_ref

pytestmark = pytest.mark.anyio

READER = product_ref("FREE-READER")
WRITER = product_ref("FWR-STU-1M")
NOWHERE = product_ref("no such/product")

READER_IN_GENERAL = "/products/FREE-READER/productgroups/0A1B2C3D4E/"
WRITER_IN_OFFICE = "/products/FWR-STU-1M/productgroups/DBA13A4268/"
WRITER_IN_LEGACY = "/products/FWR-STU-1M/productgroups/F00DBABE42/"

IT_IS_GONE = "It does not exist, or no longer."
IT_STAYS = "2Checkout does not take this product out of the group."
IT_STAYS_IN_GENERAL = "Products leave the general group only by being put into another one."


def stays(code: str, message: str) -> InvalidInput:
    """What tells that a product cannot be taken out."""
    return InvalidInput(message=message, code=UserErrorCode.INVALID, about=product_ref(code))


async def test_unassigning_is_one_call_a_product_and_no_read(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    codes = held(simulator)["Utilities"]
    assert len(codes) == 20
    await carry(await provider.planner.unassign(UTILITIES, [product_ref(code) for code in codes]))
    assert asked(simulator) == [
        ("DELETE", f"/products/{code}/productgroups/12E4567890/", None) for code in codes
    ]
    assert moved(simulator) == dict.fromkeys(codes, "General")


async def test_unassigning_what_is_elsewhere_is_done_after_a_look(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    await carry(await provider.planner.unassign(LEGACY, [WRITER]))
    assert asked(simulator) == [
        ("DELETE", WRITER_IN_LEGACY, None),
        ("GET", "/products/FWR-STU-1M/", None),
        ("GET", "/productgroups/F00DBABE42/", None),
    ]
    assert moved(simulator) == {}


async def test_a_group_that_was_seen_before_is_not_looked_for(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    await provider.get_groups([LEGACY])
    simulator.calls.clear()
    await carry(await provider.planner.unassign(LEGACY, [WRITER]))
    assert [path for _, path, _ in asked(simulator)] == [WRITER_IN_LEGACY, "/products/FWR-STU-1M/"]


async def test_unassigning_from_an_unknown_group_is_refused(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with pytest.raises(Refused) as refused:
        await carry(await provider.planner.unassign(GONE, [WRITER]))
    assert refused.value.refusals == (NotFound(message=IT_IS_GONE, about=GONE),)
    assert moved(simulator) == {}


async def test_unassigning_looks_further_where_a_product_does_not_show_its_group(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    await carry(await provider.planner.unassign(LEGACY, [product_ref("PTR-TEA-1Y")]))
    assert [path for method, path, _ in asked(simulator) if method == "GET"] == [
        "/products/PTR-TEA-1Y/",
        "/products/PTR-TEA-1Y/productgroups/",
        "/productgroups/",
    ]


async def test_unassigning_an_unknown_product_is_refused(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with pytest.raises(Refused) as refused:
        await carry(await provider.planner.unassign(OFFICE, [NOWHERE]))
    assert refused.value.refusals == (NotFound(message=IT_IS_GONE, about=NOWHERE),)
    assert [method for method, _, _ in asked(simulator)] == ["DELETE", "GET"]


@pytest.mark.parametrize(
    ("group", "product", "path", "message"),
    [
        (OFFICE, WRITER, WRITER_IN_OFFICE, IT_STAYS),
        (GENERAL, READER, READER_IN_GENERAL, IT_STAYS_IN_GENERAL),
    ],
)
async def test_a_product_that_the_vendor_does_not_let_go_is_refused(
    fail_with: FailWith, group: GroupRef, product: ProductRef, path: str, message: str
) -> None:
    provider = fail_with({f"DELETE {path}": [Fault(status=400)]})
    with pytest.raises(Refused) as refused:
        await carry(await provider.planner.unassign(group, [product]))
    assert refused.value.refusals == (stays(product.native_id, message),)


async def read_all_groups(provider: Provider) -> None:
    await provider.list_groups([GroupsRequest(collection=IMPLICIT, page=PageRequest(first=1))])


async def read_the_general_group(provider: Provider) -> None:
    await provider.get_groups([GENERAL])


async def read_a_product_in_it(provider: Provider) -> None:
    await provider.get_products([READER])


async def read_its_products(provider: Provider) -> None:
    await provider.list_memberships([MembershipsRequest(group=GENERAL, page=PageRequest(first=1))])


@pytest.mark.parametrize(
    "read", [read_all_groups, read_the_general_group, read_a_product_in_it, read_its_products]
)
async def test_no_product_is_taken_out_of_the_general_group_once_a_read_has_shown_it(
    provider: Provider,
    simulator: TwoCheckoutSimulator,
    read: Callable[[Provider], Awaitable[None]],
) -> None:
    await read(provider)
    asked(simulator)
    with pytest.raises(Refused) as refused:
        await provider.planner.unassign(GENERAL, [READER, WRITER, NOWHERE])
    assert refused.value.refusals == (
        stays("FREE-READER", IT_STAYS_IN_GENERAL),
        NotFound(message=IT_IS_GONE, about=NOWHERE),
    )
    assert {method for method, _, _ in asked(simulator)} == {"GET"}


async def test_what_is_not_in_the_general_group_takes_no_call_to_be_out_of_it(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    await read_the_general_group(provider)
    assert await provider.planner.unassign(GENERAL, [WRITER]) == Plan()
    assert moved(simulator) == {}


async def test_a_process_that_has_read_nothing_believes_the_vendor(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    """The vendor says `true` and changes nothing; asking first would cost each change a call."""
    await carry(await provider.planner.unassign(GENERAL, [READER]))
    assert asked(simulator) == [("DELETE", READER_IN_GENERAL, None)]
    assert moved(simulator) == {}
