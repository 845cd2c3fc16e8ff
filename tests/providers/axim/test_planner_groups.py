"""Making a group at Axim: one call or two, and what becomes of it when an answer is lost."""

import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import httpx
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
from groupgate.providers.axim import Settings, build
from groupgate.sandbox.axim import AximSimulator
from tests.providers.axim.changing import (
    NOWHERE,
    asked,
    carry,
    changed,
    group_named,
    loose,
    refs,
    told,
)
from tests.providers.axim.faults import (
    BROKEN,
    FAILED_WITH_200,
    LOST_ANSWER,
    LOST_CALL,
    OUT_OF_REACH,
    FailWith,
    Fault,
    FaultyTransport,
)
from tests.providers.axim.reading import COLLECTION, UNKNOWN, batch, group_list, twisted

pytestmark = pytest.mark.anyio

CREATE = "/productGroup/create"
FONTS = GroupChange(name="Fonts & more")
MADE = {"status": True, "restrictAccess": False, "products": []}


def search(page: int = 1) -> tuple[str, str, None]:
    """The call that looks for a group by its name."""
    return ("GET", f"{group_list(page)}&search=Fonts%20%26%20more", None)


async def test_a_name_and_a_status_take_one_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    change = GroupChange(name="Fonts & more", status=GroupStatus.INACTIVE)
    plan = await provider.planner.create_group(COLLECTION, change, [])
    assert told(plan) == [("POST", CREATE, 'Make the group "Fonts & more".')]
    assert asked(simulator) == []
    await carry(plan)
    assert asked(simulator) == [("POST", CREATE, {"name": "Fonts & more", "status": False})]
    assert changed(simulator) == {"Fonts & more": MADE | {"status": False}}
    assert plan.result.group == group_named(simulator, "Fonts & more")


async def test_access_and_products_take_a_put_more(
    provider: Provider, simulator: AximSimulator
) -> None:
    change = GroupChange(name="Fonts & more", access=GroupAccess.RESTRICTED)
    products = loose(simulator, "Clothing", 2)
    plan = await provider.planner.create_group(COLLECTION, change, refs(products))
    assert told(plan) == [
        ("POST", CREATE, 'Make the group "Fonts & more".'),
        ("PUT", "/productGroup/{new}", "In the new group, change its access and add 2 products."),
    ]
    assert [[step.products for step in stage] for stage in plan.stages] == [
        [()],
        [tuple(refs(products))],
    ]
    assert asked(simulator) == []
    await carry(plan)
    ref = group_named(simulator, "Fonts & more")
    assert asked(simulator) == [
        ("POST", CREATE, {"name": "Fonts & more"}),
        (
            "PUT",
            f"/productGroup/{ref.native_id}",
            {"restrictAccess": True, "products": products},
        ),
    ]
    assert changed(simulator) == {
        "Fonts & more": {"status": True, "restrictAccess": True, "products": products}
    }
    assert plan.result.group == ref
    assert isinstance(plan.result.entity, Group)
    assert (plan.result.entity.ref, plan.result.entity.access) == (ref, GroupAccess.RESTRICTED)


async def test_either_of_them_is_sent_alone(provider: Provider, simulator: AximSimulator) -> None:
    products = loose(simulator, "Clothing", 1)
    change = GroupChange(name="One", access=GroupAccess.OPEN)
    await carry(await provider.planner.create_group(COLLECTION, change, []))
    change = GroupChange(name="Two")
    await carry(await provider.planner.create_group(COLLECTION, change, refs(products)))
    bodies = [body for _, _, body in asked(simulator)]
    assert bodies == [
        {"name": "One"},
        {"restrictAccess": False},
        {"name": "Two"},
        {"products": products},
    ]


async def test_the_id_may_come_as_a_bare_string(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    answer = Fault(json={"success": True, "message": "made", "data": UNKNOWN})
    plans = fail_with({f"POST {CREATE}": [answer]}).planner
    plan = await plans.create_group(COLLECTION, FONTS, [])
    await carry(plan)
    assert plan.result.group is not None
    assert plan.result.group.native_id == UNKNOWN
    assert asked(simulator) == []


async def test_there_is_but_one_collection_to_make_it_in(
    provider: Provider, simulator: AximSimulator
) -> None:
    other = CollectionRef(provider=ProviderKey.AXIM, native_id="c")
    with pytest.raises(Refused) as caught:
        await provider.planner.create_group(other, FONTS, [])
    gone = NotFound(message="It does not exist, or no longer.", about=other)
    assert caught.value.refusals == (gone,)
    assert asked(simulator) == []


async def test_a_group_that_is_not_accepted_is_a_refusal(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    plans = fail_with({f"POST {CREATE}": [Fault(status=400)]}).planner
    with pytest.raises(Refused) as caught:
        await carry(await plans.create_group(COLLECTION, FONTS, [NOWHERE]))
    message = "Axim Commerce does not accept this change."
    assert caught.value.refusals == (InvalidInput(message=message, code=UserErrorCode.INVALID),)
    assert asked(simulator) == []


async def test_unknown_products_are_told_and_the_group_stays(
    provider: Provider, simulator: AximSimulator
) -> None:
    products = [*loose(simulator, "Clothing", 1), UNKNOWN]
    plan = await provider.planner.create_group(COLLECTION, FONTS, refs(products))
    with pytest.raises(Refused) as caught:
        await carry(plan)
    message = "This product does not exist, or no longer."
    assert caught.value.refusals == (NotFound(message=message, about=NOWHERE),)
    assert asked(simulator)[2:] == [("GET", batch(products), None)]
    assert changed(simulator) == {"Fonts & more": MADE}
    assert plan.result.group == group_named(simulator, "Fonts & more")


@pytest.mark.parametrize(
    "fault",
    [
        LOST_ANSWER,
        Fault(status=500, reaches_vendor=True),
        Fault(json={"success": False}, reaches_vendor=True),
        Fault(json={"success": True}, reaches_vendor=True),
        Fault(json={"success": True, "data": ""}, reaches_vendor=True),
        Fault(json=["?"], reaches_vendor=True),
    ],
)
async def test_a_group_that_is_found_afterwards_was_made(
    fail_with: FailWith, simulator: AximSimulator, fault: Fault
) -> None:
    products = loose(simulator, "Clothing", 1)
    plans = fail_with({f"POST {CREATE}": [fault]}).planner
    plan = await plans.create_group(COLLECTION, FONTS, refs(products))
    await carry(plan)
    ref = group_named(simulator, "Fonts & more")
    assert asked(simulator) == [
        ("POST", CREATE, {"name": "Fonts & more"}),
        search(),
        ("PUT", f"/productGroup/{ref.native_id}", {"products": products}),
    ]
    assert changed(simulator) == {"Fonts & more": MADE | {"products": products}}
    assert plan.result.group == ref


@pytest.mark.parametrize(
    ("fault", "error"),
    [(LOST_CALL, Unavailable), (BROKEN, Unavailable), (FAILED_WITH_200, Malformed)],
)
async def test_a_group_that_is_not_found_may_yet_be_made(
    fail_with: FailWith, simulator: AximSimulator, fault: Fault, error: type[UpstreamError]
) -> None:
    plans = fail_with({f"POST {CREATE}": [fault]}).planner
    with pytest.raises(error) as caught:
        await carry(await plans.create_group(COLLECTION, FONTS, [NOWHERE]))
    assert caught.value.outcome is WriteOutcome.UNKNOWN
    assert asked(simulator) == [search()]
    assert changed(simulator) == {}


async def test_a_creation_that_was_never_sent_is_not_looked_for(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    plans = fail_with({f"POST {CREATE}": OUT_OF_REACH}).planner
    with pytest.raises(Unreachable) as caught:
        await carry(await plans.create_group(COLLECTION, FONTS, []))
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert asked(simulator) == []


async def test_if_the_look_fails_too_the_first_failure_is_told(
    fail_with: FailWith, simulator: AximSimulator
) -> None:
    faults = {f"POST {CREATE}": [LOST_ANSWER], "GET /productGroup/all": [BROKEN]}
    with pytest.raises(Unavailable, match="did not answer in time") as caught:
        await carry(await fail_with(faults).planner.create_group(COLLECTION, FONTS, []))
    assert caught.value.outcome is WriteOutcome.UNKNOWN
    assert changed(simulator) == {"Fonts & more": MADE}


async def make_before(provider: Provider, *names: str) -> None:
    """Make groups that were there before."""
    for name in names:
        await carry(await provider.planner.create_group(COLLECTION, GroupChange(name=name), []))


@dataclass(kw_only=True)
class Clock:
    """A clock of the vendor that is so many seconds ahead of ours."""

    ahead: float

    def __call__(self) -> float:
        return time.time() + self.ahead


def timed(settings: Settings, clock: Clock, *faults: Fault | None) -> Provider:
    """A vendor with this clock, at which creations meet these faults."""
    simulator = AximSimulator(prefix="/open-api/api", clock=clock)
    transport = FaultyTransport(simulator, {f"POST {CREATE}": [*faults]}, "/open-api/api")
    return build(settings, httpx.AsyncClient(transport=transport))


async def test_of_two_new_groups_of_a_name_none_is_surely_it(settings: Settings) -> None:
    provider = timed(settings, Clock(ahead=60), None, LOST_ANSWER)
    await make_before(provider, "Fonts & more")
    with pytest.raises(Unavailable):
        await carry(await provider.planner.create_group(COLLECTION, FONTS, []))


@pytest.mark.parametrize(("fault", "is_found"), [(LOST_ANSWER, True), (LOST_CALL, False)])
async def test_a_group_that_was_made_just_before_is_another(
    settings: Settings, fault: Fault, *, is_found: bool
) -> None:
    clock = Clock(ahead=-1)
    provider = timed(settings, clock, None, fault)
    before = await provider.planner.create_group(COLLECTION, FONTS, [])
    await carry(before)
    clock.ahead = 0
    plan = await provider.planner.create_group(COLLECTION, FONTS, [])
    with nullcontext() if is_found else pytest.raises(Unavailable):
        await carry(plan)
    assert (plan.result.group is not None) is is_found
    assert plan.result.group != before.result.group


async def test_a_new_group_with_products_in_it_is_another(
    provider: Provider, simulator: AximSimulator, fail_with: FailWith
) -> None:
    products = refs(loose(simulator, "Clothing", 1))
    await carry(await provider.planner.create_group(COLLECTION, FONTS, products))
    plans = fail_with({f"POST {CREATE}": [LOST_CALL]}).planner
    with pytest.raises(Unavailable):
        await carry(await plans.create_group(COLLECTION, FONTS, []))


async def test_a_name_that_only_contains_the_name_is_another(
    provider: Provider, simulator: AximSimulator, fail_with: FailWith
) -> None:
    others = [f"Fonts & more {number}" for number in range(60)]
    await make_before(provider, *others, "FONTS & MORE")
    asked(simulator)
    plan = await fail_with({f"POST {CREATE}": [LOST_ANSWER]}).planner.create_group(
        COLLECTION, FONTS, []
    )
    await carry(plan)
    assert asked(simulator)[1:] == [search(1), search(2)]
    assert plan.result.group == group_named(simulator, "Fonts & more")


async def test_a_clock_behind_ours_leaves_it_unknown(settings: Settings) -> None:
    """To give it slack would take groups for new ones that are not."""
    provider = timed(settings, Clock(ahead=-1), LOST_ANSWER)
    plan = await provider.planner.create_group(COLLECTION, FONTS, [])
    with pytest.raises(Unavailable) as caught:
        await carry(plan)
    assert (caught.value.outcome, plan.result.group) == (WriteOutcome.UNKNOWN, None)


async def test_a_group_without_a_date_is_not_surely_it(
    settings: Settings, simulator: AximSimulator
) -> None:
    def timeless(target: str, body: Any) -> Any:
        if target == CREATE:
            return 500
        return body | {"data": [row | {"createdAt": None} for row in body["data"]]}

    plans = twisted(settings, simulator, timeless).planner
    with pytest.raises(Unavailable):
        await carry(await plans.create_group(COLLECTION, FONTS, []))
    assert asked(simulator) == [("POST", CREATE, {"name": "Fonts & more"}), search()]
