"""Plans that remove products from groups, and the special case of the General group."""

from collections.abc import Awaitable, Callable

import pytest

from groupgate.domain.errors import Refused
from groupgate.domain.paging import GroupsRequest, MembershipsRequest, PageRequest
from groupgate.domain.planner import Plan
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import NotFound
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.conftest import FailWith
from tests.providers.faults import Fault
from tests.providers.mutations import run_plan
from tests.providers.reads import take_calls
from tests.providers.two_checkout.seed import (
    COLLECTION,
    GENERAL,
    LEGACY,
    NOT_REMOVABLE,
    NOT_REMOVABLE_FROM_GENERAL,
    OFFICE,
    READER,
    READER_IN_GENERAL,
    UNKNOWN_GROUP,
    UNKNOWN_PRODUCT,
    UTILITIES,
    WRITER,
    WRITER_IN_LEGACY,
    WRITER_IN_OFFICE,
    moved_products,
    not_removable,
    product_ref,
    products_by_group,
)

pytestmark = pytest.mark.anyio

NO_PRODUCT = "The product does not exist."
NO_GROUP = "The group does not exist."


async def test_unassigning_is_one_call_per_product_without_a_read(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    codes = products_by_group(simulator)["Utilities"]
    assert len(codes) == 20
    await run_plan(
        await provider.planner.unassign(UTILITIES, [product_ref(code) for code in codes])
    )
    assert take_calls(simulator) == [
        ("DELETE", f"/products/{code}/productgroups/12E4567890/", None) for code in codes
    ]
    assert moved_products(simulator) == dict.fromkeys(codes, "General")


async def test_unassigning_a_product_of_another_group_succeeds_after_two_reads(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    await run_plan(await provider.planner.unassign(LEGACY, [WRITER]))
    assert take_calls(simulator) == [
        ("DELETE", WRITER_IN_LEGACY, None),
        ("GET", "/products/FWR-STU-1M/", None),
        ("GET", "/productgroups/F00DBABE42/", None),
    ]
    assert moved_products(simulator) == {}


async def test_a_group_that_was_read_before_is_not_read_again(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    await provider.get_groups([LEGACY])
    simulator.calls.clear()
    await run_plan(await provider.planner.unassign(LEGACY, [WRITER]))
    assert [path for _, path, _ in take_calls(simulator)] == [
        WRITER_IN_LEGACY,
        "/products/FWR-STU-1M/",
    ]


async def test_unassigning_from_an_unknown_group_is_refused(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with pytest.raises(Refused) as refused:
        await run_plan(await provider.planner.unassign(UNKNOWN_GROUP, [WRITER]))
    assert refused.value.refusals == (NotFound(message=NO_GROUP, about=UNKNOWN_GROUP),)
    assert moved_products(simulator) == {}


async def test_unassigning_reads_the_group_of_a_product_whose_record_names_none(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    await run_plan(await provider.planner.unassign(LEGACY, [product_ref("PTR-TEA-1Y")]))
    assert [path for method, path, _ in take_calls(simulator) if method == "GET"] == [
        "/products/PTR-TEA-1Y/",
        "/products/PTR-TEA-1Y/productgroups/",
        "/productgroups/",
    ]


async def test_unassigning_an_unknown_product_is_refused(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with pytest.raises(Refused) as refused:
        await run_plan(await provider.planner.unassign(OFFICE, [UNKNOWN_PRODUCT]))
    assert refused.value.refusals == (NotFound(message=NO_PRODUCT, about=UNKNOWN_PRODUCT),)
    assert [method for method, _, _ in take_calls(simulator)] == ["DELETE", "GET"]


@pytest.mark.parametrize(
    ("group", "product", "path", "message"),
    [
        (OFFICE, WRITER, WRITER_IN_OFFICE, NOT_REMOVABLE),
        (GENERAL, READER, READER_IN_GENERAL, NOT_REMOVABLE_FROM_GENERAL),
    ],
)
async def test_a_product_that_the_vendor_does_not_remove_is_refused(
    fail_with: FailWith, group: GroupRef, product: ProductRef, path: str, message: str
) -> None:
    provider = fail_with({f"DELETE {path}": [Fault(status=400)]})
    with pytest.raises(Refused) as refused:
        await run_plan(await provider.planner.unassign(group, [product]))
    assert refused.value.refusals == (not_removable(product.native_id, message),)


async def read_all_groups(provider: Provider) -> None:
    await provider.list_groups([GroupsRequest(collection=COLLECTION, page=PageRequest(first=1))])


async def read_the_general_group(provider: Provider) -> None:
    await provider.get_groups([GENERAL])


async def read_one_of_its_products(provider: Provider) -> None:
    await provider.get_products([READER])


async def read_its_products(provider: Provider) -> None:
    await provider.list_memberships([MembershipsRequest(group=GENERAL, page=PageRequest(first=1))])


@pytest.mark.parametrize(
    "read", [read_all_groups, read_the_general_group, read_one_of_its_products, read_its_products]
)
async def test_no_product_is_removed_from_the_general_group_once_its_name_is_known(
    provider: Provider,
    simulator: TwoCheckoutSimulator,
    read: Callable[[Provider], Awaitable[None]],
) -> None:
    await read(provider)
    take_calls(simulator)
    with pytest.raises(Refused) as refused:
        await provider.planner.unassign(GENERAL, [READER, WRITER, UNKNOWN_PRODUCT])
    assert refused.value.refusals == (
        not_removable("FREE-READER", NOT_REMOVABLE_FROM_GENERAL),
        NotFound(message=NO_PRODUCT, about=UNKNOWN_PRODUCT),
    )
    assert {method for method, _, _ in take_calls(simulator)} == {"GET"}


async def test_unassigning_an_absent_product_from_the_general_group_needs_no_write(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    await read_the_general_group(provider)
    assert await provider.planner.unassign(GENERAL, [WRITER]) == Plan()
    assert moved_products(simulator) == {}


async def test_without_any_read_before_the_response_is_trusted(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    """The vendor results `true` and changes nothing; a read first would cost a call each time."""
    await run_plan(await provider.planner.unassign(GENERAL, [READER]))
    assert take_calls(simulator) == [("DELETE", READER_IN_GENERAL, None)]
    assert moved_products(simulator) == {}
