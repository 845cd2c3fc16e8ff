"""Plans for the products of groups: exact calls, and the vendor's state afterwards."""

import httpx
import pytest

from groupgate.domain.errors import (
    Denied,
    Malformed,
    Refused,
    Unavailable,
    Unreachable,
    UpstreamError,
    WriteOutcome,
)
from groupgate.domain.planner import Plan
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef, ProviderKey
from groupgate.domain.refusals import NotFound
from groupgate.providers.two_checkout import Settings, build
from groupgate.request import request_scope
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.conftest import FailWith
from tests.providers.faults import (
    BROKEN,
    DENIED,
    LOST_CALL,
    LOST_RESPONSE,
    REFUSED_CONNECTION,
    THROTTLED,
    Fault,
)
from tests.providers.mutations import planned_writes, run_plan
from tests.providers.reads import take_calls
from tests.providers.two_checkout.seed import (
    ERROR_WITH_200,
    GENERAL,
    LEGACY,
    NOT_REMOVABLE_FROM_GENERAL,
    OFFICE,
    READER,
    READER_IN_LEGACY,
    UNKNOWN_GROUP,
    UNKNOWN_PRODUCT,
    UTILITIES,
    WRITER,
    WRITER_IN_LEGACY,
    WRITER_IN_OFFICE,
    group_ref,
    moved_products,
    not_removable,
    product_ref,
    products_by_group,
)

pytestmark = pytest.mark.anyio

ODD = product_ref("C/C++ Toolkit")
SWEEP = product_ref("SWC-PER-1Y")
NO_PRODUCT = "The product does not exist."
NO_GROUP = "The group does not exist."


async def test_assigning_is_one_call_per_product_with_its_code_encoded(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    codes = products_by_group(simulator)["General"]
    plan = await provider.planner.assign(LEGACY, [product_ref(code) for code in codes])
    assert take_calls(simulator) == []
    assert [len(stage) for stage in plan.stages] == [10]
    await run_plan(plan)
    assert take_calls(simulator) == [
        ("POST", f"/products/{code}/productgroups/F00DBABE42/", None)
        for code in (
            "my%20product%201",
            "C%2FC%2B%2B%20Toolkit",
            "50%25-off%20bundle",
            "A%2BB",
            "b%C3%BCro-suite%202026",
            "%E6%97%A5%E6%9C%AC%E8%AA%9E%E5%85%A5%E5%8A%9B",
            "what%3F%231",
            "semi%3Bcolon%2Ccomma%26x%3D1",
            "007",
            "FREE-READER",
        )
    ]
    assert moved_products(simulator) == dict.fromkeys(codes, "Legacy")


async def test_a_plan_describes_its_writes(provider: Provider) -> None:
    plan = await provider.planner.assign(LEGACY, [ODD])
    path = "/products/C%2FC%2B%2B%20Toolkit/productgroups/F00DBABE42/"
    assert planned_writes(plan) == [
        ("POST", path, 'Add the product "C/C++ Toolkit" to the group F00DBABE42.')
    ]
    assert [step.products for stage in plan.stages for step in stage] == [(ODD,)]


async def test_a_plan_names_a_group_that_has_been_read_before(provider: Provider) -> None:
    await provider.get_groups([OFFICE])
    plan = await provider.planner.unassign(OFFICE, [WRITER])
    assert planned_writes(plan) == [
        (
            "DELETE",
            WRITER_IN_OFFICE,
            'Remove the product "FWR-STU-1M" from the group "Office".',
        )
    ]


@pytest.mark.parametrize("missing_status", [404, 400])
async def test_one_read_finds_an_unknown_product(settings: Settings, missing_status: int) -> None:
    simulator = TwoCheckoutSimulator(prefix="/6.0", missing_status=missing_status)
    transport = httpx.ASGITransport(app=simulator)
    provider = build(settings, transport)
    plan = await provider.planner.assign(LEGACY, [UNKNOWN_PRODUCT])
    with pytest.raises(Refused) as refused:
        await run_plan(plan)
    assert refused.value.refusals == (NotFound(message=NO_PRODUCT, about=UNKNOWN_PRODUCT),)
    assert take_calls(simulator) == [
        ("POST", "/products/no%20such%2Fproduct/productgroups/F00DBABE42/", None),
        ("GET", "/products/no%20such%2Fproduct/", None),
    ]


async def test_one_read_finds_an_unknown_group(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    plan = await provider.planner.assign(UNKNOWN_GROUP, [READER])
    with pytest.raises(Refused) as refused:
        await run_plan(plan)
    message = "2Checkout does not add products to this group; it may not exist."
    assert refused.value.refusals == (NotFound(message=message, about=UNKNOWN_GROUP),)
    assert take_calls(simulator) == [
        ("POST", "/products/FREE-READER/productgroups/FFFFFFFFFF/", None),
        ("GET", "/products/FREE-READER/", None),
    ]


async def test_setting_products_adds_before_it_removes(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    utilities = products_by_group(simulator)["Utilities"]
    wanted = [product_ref(code) for code in ["FREE-READER", *utilities[2:], "FWR-STU-1M"]]
    plan = await provider.planner.set_products(UTILITIES, wanted)
    assert [method for method, _, _ in take_calls(simulator)] == ["GET", "GET"]
    assert [len(stage) for stage in plan.stages] == [2, 2]
    await run_plan(plan)
    assert take_calls(simulator) == [
        ("POST", "/products/FREE-READER/productgroups/12E4567890/", None),
        ("POST", "/products/FWR-STU-1M/productgroups/12E4567890/", None),
        ("DELETE", "/products/SWC-PER-1Y/productgroups/12E4567890/", None),
        ("DELETE", "/products/SWC-PER-2Y/productgroups/12E4567890/", None),
    ]
    assert moved_products(simulator) == {
        "FREE-READER": "Utilities",
        "FWR-STU-1M": "Utilities",
        "SWC-PER-1Y": "General",
        "SWC-PER-2Y": "General",
    }


async def test_setting_the_present_products_in_any_order_plans_nothing(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    there = [product_ref(code) for code in reversed(products_by_group(simulator)["Utilities"])]
    assert await provider.planner.set_products(UTILITIES, there) == Plan()


async def test_setting_products_uses_the_reads_of_the_request(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        await provider.get_memberships([LEGACY])
        assert len(take_calls(simulator)) == 2
        await provider.planner.set_products(LEGACY, [READER])
        assert take_calls(simulator) == []


async def test_the_general_group_accepts_products_but_cannot_be_set_to_fewer(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    there = [product_ref(code) for code in products_by_group(simulator)["General"]]
    plan = await provider.planner.set_products(GENERAL, [*there, WRITER])
    assert [(call.method, call.path) for call in plan.calls] == [
        ("POST", "/products/FWR-STU-1M/productgroups/0A1B2C3D4E/")
    ]
    with pytest.raises(Refused) as refused:
        await provider.planner.set_products(GENERAL, [*there[2:], WRITER])
    assert refused.value.refusals == (
        not_removable("my product 1", NOT_REMOVABLE_FROM_GENERAL),
        not_removable("C/C++ Toolkit", NOT_REMOVABLE_FROM_GENERAL),
    )


async def test_an_unknown_group_cannot_be_set(provider: Provider) -> None:
    with pytest.raises(Refused) as refused:
        await provider.planner.set_products(UNKNOWN_GROUP, [READER])
    assert refused.value.refusals == (NotFound(message=NO_GROUP, about=UNKNOWN_GROUP),)


async def test_moving_adds_each_product_to_the_target(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    plan = await provider.planner.move(OFFICE, LEGACY, [WRITER], None)
    assert plan.rollback is None
    assert take_calls(simulator) == []
    await run_plan(plan)
    assert take_calls(simulator) == [("POST", WRITER_IN_LEGACY, None)]
    assert moved_products(simulator) == {"FWR-STU-1M": "Legacy"}


async def test_moving_to_an_unknown_group_leaves_the_product_in_its_group(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with pytest.raises(Refused) as refused:
        await run_plan(await provider.planner.move(OFFICE, UNKNOWN_GROUP, [WRITER], None))
    assert [refusal.about for refusal in refused.value.refusals] == [UNKNOWN_GROUP]
    assert moved_products(simulator) == {}


@pytest.mark.parametrize(
    "group",
    [
        group_ref(".."),
        group_ref(""),
        GroupRef(provider=ProviderKey.TWO_CHECKOUT, collection_id="x", native_id="DBA13A4268"),
    ],
)
async def test_refs_that_no_path_can_contain_are_refused_without_a_call(
    provider: Provider, simulator: TwoCheckoutSimulator, group: GroupRef
) -> None:
    dots = product_ref(".")
    expected = (
        NotFound(message=NO_PRODUCT, about=dots),
        NotFound(message=NO_GROUP, about=group),
    )
    planner = provider.planner
    for plan in (planner.assign, planner.unassign, planner.set_products):
        with pytest.raises(Refused) as refused:
            await plan(group, [READER, dots])
        assert refused.value.refusals == expected
    with pytest.raises(Refused) as refused:
        await planner.move(OFFICE, group, [WRITER], None)
    assert refused.value.refusals == expected[1:]
    assert take_calls(simulator) == []


@pytest.mark.parametrize(
    ("faults", "expected", "is_applied"),
    [
        ([REFUSED_CONNECTION] * 3, (Unreachable, WriteOutcome.NOT_APPLIED), False),
        ([DENIED], (Denied, WriteOutcome.NOT_APPLIED), False),
        ([LOST_CALL], (Unavailable, WriteOutcome.UNKNOWN), False),
        ([LOST_RESPONSE], (Unavailable, WriteOutcome.UNKNOWN), True),
        ([BROKEN], (Unavailable, WriteOutcome.UNKNOWN), False),
        ([ERROR_WITH_200], (Malformed, WriteOutcome.UNKNOWN), False),
    ],
)
async def test_a_failed_write_has_an_outcome(
    fail_with: FailWith,
    simulator: TwoCheckoutSimulator,
    faults: list[Fault],
    expected: tuple[type[UpstreamError], WriteOutcome],
    *,
    is_applied: bool,
) -> None:
    provider = fail_with({f"POST {READER_IN_LEGACY}": faults})
    with pytest.raises(UpstreamError) as raised:
        await run_plan(await provider.planner.assign(LEGACY, [READER]))
    assert (type(raised.value), raised.value.outcome) == expected
    assert products_by_group(simulator)["Legacy"] == (["FREE-READER"] if is_applied else [])


@pytest.mark.usefixtures("with_retries")
@pytest.mark.parametrize("fault", [REFUSED_CONNECTION, THROTTLED])
async def test_a_write_that_was_not_applied_is_retried(
    fail_with: FailWith, simulator: TwoCheckoutSimulator, fault: Fault
) -> None:
    provider = fail_with({f"POST {READER_IN_LEGACY}": [fault, fault]})
    await run_plan(await provider.planner.assign(LEGACY, [READER]))
    assert products_by_group(simulator)["Legacy"] == ["FREE-READER"]


@pytest.mark.parametrize(
    ("product", "path"),
    [(UNKNOWN_PRODUCT, "/products/no%20such%2Fproduct/"), (SWEEP, "/products/SWC-PER-1Y/")],
)
async def test_a_rejected_write_is_not_applied_if_the_diagnosis_fails(
    fail_with: FailWith, simulator: TwoCheckoutSimulator, product: ProductRef, path: str
) -> None:
    provider = fail_with({f"GET {path}": [BROKEN, BROKEN]})
    for plan in (
        await provider.planner.unassign(OFFICE, [product]),
        await provider.planner.assign(UNKNOWN_GROUP, [product]),
    ):
        with pytest.raises(Unavailable) as raised:
            await run_plan(plan)
        assert raised.value.outcome is WriteOutcome.NOT_APPLIED
    assert moved_products(simulator) == {}
