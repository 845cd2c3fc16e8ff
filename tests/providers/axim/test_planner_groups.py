"""Plans that create a group: one call or two, and the search for it after a lost response."""

import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import pytest

from groupgate.domain.catalog import Group, GroupAccess, GroupStatus
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import (
    Malformed,
    Refused,
    Unavailable,
    Unreachable,
    UpstreamError,
    WriteOutcome,
)
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.domain.refusals import InvalidInput, NotFound, UserErrorCode
from groupgate.sandbox.axim import AximSimulator
from tests.providers.axim.seed import (
    COLLECTION,
    FAILED_WITH_200,
    UNKNOWN_ID,
    UNKNOWN_PRODUCT,
    batch_path,
    changed_groups,
    group_named,
    groups_path,
    ids_outside,
    product_refs,
)
from tests.providers.conftest import AlterResponses, Connect, FailWith
from tests.providers.faults import (
    BROKEN,
    LOST_CALL,
    LOST_RESPONSE,
    UNREACHABLE,
    Fault,
    FaultyTransport,
)
from tests.providers.mutations import planned_writes, run_plan
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio

CREATE = "/productGroup/create"
FONTS = GroupChange(name="Fonts & more")
CREATED = {"status": True, "restrictAccess": False, "products": []}


def search(page: int = 1) -> tuple[str, str, None]:
    """Return the call that searches for the group by its name."""
    return ("GET", f"{groups_path(page)}&search=Fonts%20%26%20more", None)


async def test_a_name_and_a_status_need_one_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    change = GroupChange(name="Fonts & more", status=GroupStatus.INACTIVE)
    plan = await provider.planner.create_group(COLLECTION, change, [])
    assert planned_writes(plan) == [("POST", CREATE, 'Create the group "Fonts & more".')]
    assert take_calls(simulator) == []
    await run_plan(plan)
    assert take_calls(simulator) == [("POST", CREATE, {"name": "Fonts & more", "status": False})]
    assert changed_groups(simulator) == {"Fonts & more": CREATED | {"status": False}}
    assert plan.result.group == group_named(simulator, "Fonts & more")


async def test_access_and_products_need_an_additional_put(
    provider: Provider, simulator: AximSimulator
) -> None:
    change = GroupChange(name="Fonts & more", access=GroupAccess.RESTRICTED)
    products = ids_outside(simulator, "Clothing", 2)
    plan = await provider.planner.create_group(COLLECTION, change, product_refs(products))
    assert planned_writes(plan) == [
        ("POST", CREATE, 'Create the group "Fonts & more".'),
        ("PUT", "/productGroup/{new}", "In the new group, change the access and add 2 products."),
    ]
    assert [[step.products for step in stage] for stage in plan.stages] == [
        [()],
        [tuple(product_refs(products))],
    ]
    assert take_calls(simulator) == []
    await run_plan(plan)
    ref = group_named(simulator, "Fonts & more")
    assert take_calls(simulator) == [
        ("POST", CREATE, {"name": "Fonts & more"}),
        (
            "PUT",
            f"/productGroup/{ref.native_id}",
            {"restrictAccess": True, "products": products},
        ),
    ]
    assert changed_groups(simulator) == {
        "Fonts & more": {"status": True, "restrictAccess": True, "products": products}
    }
    assert plan.result.group == ref
    assert isinstance(plan.result.entity, Group)
    assert (plan.result.entity.ref, plan.result.entity.access) == (ref, GroupAccess.RESTRICTED)


async def test_access_and_products_are_sent_alone_too(
    provider: Provider, simulator: AximSimulator
) -> None:
    products = ids_outside(simulator, "Clothing", 1)
    change = GroupChange(name="One", access=GroupAccess.OPEN)
    await run_plan(await provider.planner.create_group(COLLECTION, change, []))
    change = GroupChange(name="Two")
    await run_plan(await provider.planner.create_group(COLLECTION, change, product_refs(products)))
    bodies = [body for _, _, body in take_calls(simulator)]
    assert bodies == [
        {"name": "One"},
        {"restrictAccess": False},
        {"name": "Two"},
        {"products": products},
    ]


async def test_the_response_may_contain_the_id_as_a_bare_string(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    body = b'{"success": true, "message": "created", "data": "0123456789abcdef01234567"}'
    plans = fail_with({f"POST {CREATE}": [Fault(body=body)]}).planner
    plan = await plans.create_group(COLLECTION, FONTS, [])
    await run_plan(plan)
    assert plan.result.group is not None
    assert plan.result.group.native_id == UNKNOWN_ID
    assert take_calls(simulator) == []


async def test_a_group_is_not_created_in_another_than_the_implicit_collection(
    provider: Provider, simulator: AximSimulator
) -> None:
    other = CollectionRef(provider=ProviderKey.AXIM, native_id="c")
    with pytest.raises(Refused) as caught:
        await provider.planner.create_group(other, FONTS, [])
    missing = NotFound(message="The collection does not exist.", about=other)
    assert caught.value.refusals == (missing,)
    assert take_calls(simulator) == []


async def test_a_rejected_creation_is_invalid_input(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    plans = fail_with({f"POST {CREATE}": [Fault(status=400)]}).planner
    with pytest.raises(Refused) as caught:
        await run_plan(await plans.create_group(COLLECTION, FONTS, [UNKNOWN_PRODUCT]))
    message = "Axim Commerce does not accept this change."
    assert caught.value.refusals == (InvalidInput(message=message, code=UserErrorCode.INVALID),)
    assert take_calls(simulator) == []


async def test_unknown_products_are_refused_and_the_group_stays(
    provider: Provider, simulator: AximSimulator
) -> None:
    products = [*ids_outside(simulator, "Clothing", 1), UNKNOWN_ID]
    plan = await provider.planner.create_group(COLLECTION, FONTS, product_refs(products))
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    message = "The product does not exist."
    assert caught.value.refusals == (NotFound(message=message, about=UNKNOWN_PRODUCT),)
    assert take_calls(simulator)[2:] == [("GET", batch_path(products), None)]
    assert changed_groups(simulator) == {"Fonts & more": CREATED}
    assert plan.result.group == group_named(simulator, "Fonts & more")


@pytest.mark.parametrize(
    "fault",
    [
        LOST_RESPONSE,
        Fault(status=500, reaches_vendor=True),
        Fault(body=b'{"success": false}', reaches_vendor=True),
        Fault(body=b'{"success": true}', reaches_vendor=True),
        Fault(body=b'{"success": true, "data": ""}', reaches_vendor=True),
        Fault(body=b'["?"]', reaches_vendor=True),
    ],
)
async def test_a_group_found_after_a_lost_response_was_created(
    fail_with: FailWith, simulator: AximSimulator, fault: Fault
) -> None:
    products = ids_outside(simulator, "Clothing", 1)
    plans = fail_with({f"POST {CREATE}": [fault]}).planner
    plan = await plans.create_group(COLLECTION, FONTS, product_refs(products))
    await run_plan(plan)
    ref = group_named(simulator, "Fonts & more")
    assert take_calls(simulator) == [
        ("POST", CREATE, {"name": "Fonts & more"}),
        search(),
        ("PUT", f"/productGroup/{ref.native_id}", {"products": products}),
    ]
    assert changed_groups(simulator) == {"Fonts & more": CREATED | {"products": products}}
    assert plan.result.group == ref


@pytest.mark.parametrize(
    ("fault", "error"),
    [(LOST_CALL, Unavailable), (BROKEN, Unavailable), (FAILED_WITH_200, Malformed)],
)
async def test_a_group_not_found_after_a_lost_response_may_still_be_created(
    fail_with: FailWith, simulator: AximSimulator, fault: Fault, error: type[UpstreamError]
) -> None:
    plans = fail_with({f"POST {CREATE}": [fault]}).planner
    with pytest.raises(error) as caught:
        await run_plan(await plans.create_group(COLLECTION, FONTS, [UNKNOWN_PRODUCT]))
    assert caught.value.outcome is WriteOutcome.UNKNOWN
    assert take_calls(simulator) == [search()]
    assert changed_groups(simulator) == {}


async def test_a_creation_that_was_not_sent_is_not_searched_for(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    plans = fail_with({f"POST {CREATE}": UNREACHABLE}).planner
    with pytest.raises(Unreachable) as caught:
        await run_plan(await plans.create_group(COLLECTION, FONTS, []))
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert take_calls(simulator) == []


async def test_if_the_search_fails_too_the_failure_of_the_write_is_raised(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    faults = {f"POST {CREATE}": [LOST_RESPONSE], "GET /productGroup/all": [BROKEN]}
    with pytest.raises(Unavailable, match="did not respond in time") as caught:
        await run_plan(await fail_with(faults).planner.create_group(COLLECTION, FONTS, []))
    assert caught.value.outcome is WriteOutcome.UNKNOWN
    assert changed_groups(simulator) == {"Fonts & more": CREATED}


async def create_groups(provider: Provider, *names: str) -> None:
    """Create groups with these names."""
    for name in names:
        await run_plan(await provider.planner.create_group(COLLECTION, GroupChange(name=name), []))


@dataclass(kw_only=True)
class Clock:
    """A clock of the vendor that is this many seconds ahead of ours."""

    ahead: float

    def __call__(self) -> float:
        return time.time() + self.ahead


def with_clock(connect: Connect, clock: Clock, *faults: Fault | None) -> Provider:
    """Return a provider whose vendor has this clock, and whose creations have these faults."""
    simulator = AximSimulator(prefix="/open-api/api", clock=clock)
    return connect(FaultyTransport(simulator, {f"POST {CREATE}": [*faults]}, "/open-api/api"))


async def test_two_new_groups_of_the_same_name_leave_the_outcome_unknown(connect: Connect) -> None:
    provider = with_clock(connect, Clock(ahead=60), None, LOST_RESPONSE)
    await create_groups(provider, "Fonts & more")
    with pytest.raises(Unavailable):
        await run_plan(await provider.planner.create_group(COLLECTION, FONTS, []))


@pytest.mark.parametrize(("fault", "is_found"), [(LOST_RESPONSE, True), (LOST_CALL, False)])
async def test_a_group_created_just_before_is_not_the_new_one(
    connect: Connect, fault: Fault, *, is_found: bool
) -> None:
    clock = Clock(ahead=-1)
    provider = with_clock(connect, clock, None, fault)
    before = await provider.planner.create_group(COLLECTION, FONTS, [])
    await run_plan(before)
    clock.ahead = 0
    plan = await provider.planner.create_group(COLLECTION, FONTS, [])
    with nullcontext() if is_found else pytest.raises(Unavailable):
        await run_plan(plan)
    assert (plan.result.group is not None) is is_found
    assert plan.result.group != before.result.group


async def test_a_new_group_with_products_is_not_the_new_one(
    provider: Provider, simulator: AximSimulator, fail_with: FailWith
) -> None:
    products = product_refs(ids_outside(simulator, "Clothing", 1))
    await run_plan(await provider.planner.create_group(COLLECTION, FONTS, products))
    plans = fail_with({f"POST {CREATE}": [LOST_CALL]}).planner
    with pytest.raises(Unavailable):
        await run_plan(await plans.create_group(COLLECTION, FONTS, []))


async def test_a_group_whose_name_only_contains_the_name_is_not_the_new_one(
    provider: Provider, simulator: AximSimulator, fail_with: FailWith
) -> None:
    others = [f"Fonts & more {number}" for number in range(60)]
    await create_groups(provider, *others, "FONTS & MORE")
    take_calls(simulator)
    plan = await fail_with({f"POST {CREATE}": [LOST_RESPONSE]}).planner.create_group(
        COLLECTION, FONTS, []
    )
    await run_plan(plan)
    assert take_calls(simulator)[1:] == [search(1), search(2)]
    assert plan.result.group == group_named(simulator, "Fonts & more")


async def test_a_vendor_clock_behind_ours_leaves_the_outcome_unknown(connect: Connect) -> None:
    """A tolerance would accept groups that are not new."""
    provider = with_clock(connect, Clock(ahead=-1), LOST_RESPONSE)
    plan = await provider.planner.create_group(COLLECTION, FONTS, [])
    with pytest.raises(Unavailable) as caught:
        await run_plan(plan)
    assert (caught.value.outcome, plan.result.group) == (WriteOutcome.UNKNOWN, None)


async def test_a_group_without_a_date_leaves_the_outcome_unknown(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    def without_dates(target: str, body: Any) -> Any:
        if target == CREATE:
            return 500
        return body | {"data": [row | {"createdAt": None} for row in body["data"]]}

    plans = alter_responses(without_dates).planner
    with pytest.raises(Unavailable):
        await run_plan(await plans.create_group(COLLECTION, FONTS, []))
    assert take_calls(simulator) == [("POST", CREATE, {"name": "Fonts & more"}), search()]
