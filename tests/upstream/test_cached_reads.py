"""Reads across requests: answers and calls that are shared, and answers that stand in."""

import asyncio

import httpx
import pytest

from groupgate.domain.errors import (
    Denied,
    Malformed,
    Rejected,
    Throttled,
    TooManyCalls,
    Unavailable,
    UpstreamError,
    WriteOutcome,
)
from groupgate.domain.refs import ProviderKey
from groupgate.request import RequestScope, now, request_scope
from groupgate.upstream.cache import GRACE
from groupgate.upstream.json_body import NoBody
from groupgate.upstream.vendor_state import Policy
from tests.upstream.vendor import Chunks, Late, Played, Shape, Vendor, ok, status

pytestmark = pytest.mark.anyio

KEPT = Policy(cache_ttl=5, cache_stale_if_error=300)
OLD, NEW = ok(b'{"name":"old"}'), ok(b'{"name":"new"}')


async def read(
    vendor: Vendor, path: str = "/a", *, deadline: float | None = 10, no_cache: bool = False
) -> tuple[str, RequestScope]:
    """Read in a request of its own."""
    with request_scope(deadline=deadline, no_cache=no_cache) as scope:
        return (await vendor.client.get(path, Shape)).name, scope


async def test_an_answer_is_shared_with_later_requests_for_five_seconds() -> None:
    """They cost no call, and tell how old it is."""
    vendor = Vendor(OLD, NEW, policy=KEPT)
    await read(vendor)
    await asyncio.sleep(4.5)
    name, scope = await read(vendor)
    assert (name, scope.calls, scope.cache_hits[ProviderKey.DODO], scope.age) == ("old", [], 1, 4.5)
    await asyncio.sleep(0.5)
    name, scope = await read(vendor)
    assert (name, len(scope.calls), scope.cache_hits, scope.age) == ("new", 1, {}, None)


async def test_what_is_remembered_is_known_to_cost_nothing() -> None:
    """From another request, as long as it stands, unless this request asks anew."""
    vendor = Vendor(OLD, policy=KEPT)
    await read(vendor)
    with request_scope():
        assert vendor.client.is_cached("/a", Shape)
        assert not vendor.client.is_cached("/b", Shape)
        vendor.client.invalidate()
        assert not vendor.client.is_cached("/a", Shape)
    with request_scope(no_cache=True):
        assert not vendor.client.is_cached("/a", Shape)
    await asyncio.sleep(5)
    with request_scope():
        assert not vendor.client.is_cached("/a", Shape)


async def test_equal_reads_at_the_same_time_are_one_call() -> None:
    """A hundred requests at once, one call; 99 of them had a hit."""
    vendor = Vendor(Late(2, OLD), policy=KEPT)
    answers = await asyncio.gather(*(read(vendor) for _ in range(100)))
    assert {name for name, _ in answers} == {"old"}
    assert len(vendor.requests) == 1
    assert sum(len(scope.calls) for _, scope in answers) == 1
    assert sum(scope.cache_hits[ProviderKey.DODO] for _, scope in answers) == 99


async def test_without_a_ttl_nothing_is_shared() -> None:
    """Neither later nor at the same time."""
    vendor = Vendor(Late(1, OLD), policy=Policy(cache_ttl=0, cache_stale_if_error=300))
    await asyncio.gather(read(vendor), read(vendor))
    await read(vendor)
    assert len(vendor.requests) == 3


async def test_a_failure_is_not_kept() -> None:
    """The next request asks again."""
    vendor = Vendor(status(404), NEW, policy=KEPT)
    with pytest.raises(Rejected):
        await read(vendor)
    assert (await read(vendor))[0] == "new"


async def test_no_cache_asks_the_vendor_and_brings_news_to_the_others() -> None:
    """It joins no call either: that one may have been answered before."""
    vendor = Vendor(OLD, Late(2, OLD), NEW, policy=KEPT)
    await read(vendor)
    await asyncio.sleep(5)
    joinable = asyncio.ensure_future(read(vendor))
    await asyncio.sleep(1)
    assert (await read(vendor, no_cache=True))[0] == "new"
    assert (await read(vendor))[0] == "new"
    assert (await joinable)[0] == "old"
    assert (await read(vendor))[0] == "new"
    assert len(vendor.requests) == 3


async def test_the_one_who_began_a_call_may_leave_without_ending_it_for_others() -> None:
    """A client goes away after a second; another one gets the answer."""
    vendor = Vendor(Late(3, OLD), policy=KEPT)
    first = asyncio.ensure_future(read(vendor))
    await asyncio.sleep(0.5)
    second = asyncio.ensure_future(read(vendor))
    await asyncio.sleep(0.5)
    first.cancel()
    assert (await second)[0] == "old"
    assert (len(vendor.requests), vendor.cancelled, now()) == (1, 0, 3)


async def test_a_call_that_nobody_waits_for_is_cancelled() -> None:
    """The last of those who wait takes it along; the next one begins anew."""
    vendor = Vendor(Late(3, OLD), policy=KEPT)
    both = [asyncio.ensure_future(read(vendor)) for _ in range(2)]
    await asyncio.sleep(1)
    for one in both:
        one.cancel()
    await asyncio.gather(*both, return_exceptions=True)
    assert (await read(vendor))[0] == "old"
    assert (len(vendor.requests), vendor.cancelled) == (2, 1)


async def test_the_end_of_a_request_cancels_its_reads() -> None:
    """Also those that nobody awaits, and those that the request has forgotten."""
    for policy in (Policy(), KEPT):
        vendor = Vendor(Late(3, OLD), policy=policy)
        with request_scope():
            left = asyncio.ensure_future(vendor.client.get("/a", Shape))
            await asyncio.sleep(1)
            vendor.client.invalidate()
        await asyncio.gather(left, return_exceptions=True)
        assert (left.cancelled(), vendor.cancelled) == (True, 1)


async def test_each_request_has_its_own_deadline_in_a_shared_call() -> None:
    """The first gives up at 3; its try ends then, and the second one's is answered at 6."""
    vendor = Vendor(Late(4, OLD), Late(2.8, OLD), policy=KEPT)
    first = asyncio.ensure_future(read(vendor, deadline=3))
    await asyncio.sleep(1)
    second = asyncio.ensure_future(read(vendor, deadline=10))
    with pytest.raises(Unavailable) as caught:
        await first
    assert (now(), caught.value.message) == (3 + GRACE, "Dodo Payments did not respond in time.")
    assert (await second)[0] == "old"
    assert vendor.moments == pytest.approx([0, 3.2])
    assert now() == pytest.approx(6)


async def test_a_read_whose_turn_did_not_come_says_so_at_the_deadline() -> None:
    """It was held back here, and has not been too slow there."""
    vendor = Vendor(
        Late(20, OLD), policy=Policy(concurrency=1, cache_ttl=5, cache_stale_if_error=300)
    )
    other = asyncio.ensure_future(read(vendor, "/other", deadline=30))
    await asyncio.sleep(1)
    with pytest.raises(Throttled):
        await read(vendor, deadline=3)
    assert now() == 4
    await other


async def test_an_answer_that_says_that_it_is_none_is_a_failure_as_any_other() -> None:
    """It is not kept, and what was known before stands in for it."""

    def check(answer: Shape) -> None:
        if answer.name == "error":
            raise Malformed(ProviderKey.DODO, "It says that it failed.")

    vendor = Vendor(OLD, ok(b'{"name":"error"}'), policy=KEPT)
    for _ in range(3):
        with request_scope(deadline=10) as scope:
            assert (await vendor.client.get("/a", Shape, (), check)).name == "old"
        await asyncio.sleep(5)
    assert (len(vendor.requests), scope.stale[ProviderKey.DODO].age_seconds) == (3, 10)


STALE_FOR = [
    (httpx.ConnectError("x"), Unavailable),
    (Late(60, OLD), Unavailable),
    (status(503), Unavailable),
    (status(429, Retry_After="60"), Throttled),
    (ok(b"<html>"), Malformed),
    (ok(b'{"name":1}'), Malformed),
    (ok(b"{}", Content_Type="text/html"), Malformed),
]


@pytest.mark.parametrize(("failure", "kind"), STALE_FOR)
async def test_a_failure_is_answered_with_what_was_last_known(
    failure: Played, kind: type[UpstreamError]
) -> None:
    """And says so: whose answer, how old in whole seconds, and why."""
    vendor = Vendor(OLD, failure, policy=KEPT)
    await read(vendor)
    await asyncio.sleep(100.7)
    name, scope = await read(vendor, deadline=0.25)
    assert name == "old"
    stale = scope.stale[ProviderKey.DODO]
    assert (stale.provider, stale.age_seconds) == (ProviderKey.DODO, 100)
    assert isinstance(stale.reason, kind)
    assert scope.age == pytest.approx(100.95, abs=0.25)


async def test_who_can_have_what_is_known_waits_three_seconds_at_most() -> None:
    """From when the read began, which goes on, and brings the news to who comes later."""
    vendor = Vendor(OLD, Late(8, NEW), policy=KEPT)
    await read(vendor)
    await asyncio.sleep(6)
    told = []
    for pause in (0, 1, 3, 1.5):
        await asyncio.sleep(pause)
        name, scope = await read(vendor)
        ages = [stale.age_seconds for stale in scope.stale.values()]
        told.append((now(), name, ages, len(scope.calls)))
    assert told == [
        (9, "old", [9], 0),
        (10, "old", [10], 0),
        (13, "old", [13], 0),
        (14.5, "new", [], 0),
    ]
    assert (vendor.moments, vendor.cancelled) == ([0, 6], 0)


async def test_a_read_that_nobody_waits_for_any_longer_ends_at_its_deadline() -> None:
    """That of the last one who waited; who came later does not prolong it."""
    vendor = Vendor(OLD, Late(60, NEW), policy=KEPT)
    await read(vendor)
    await asyncio.sleep(6)
    await read(vendor, deadline=10)
    await asyncio.sleep(6)
    await read(vendor, deadline=10)
    assert (now(), vendor.cancelled) == (15, 0)
    await asyncio.sleep(1)
    assert (vendor.moments, vendor.cancelled) == ([0, 6], 1)
    began = now()
    assert (await read(vendor))[0] == "old"
    assert now() - began == 3


async def test_who_leaves_before_that_ends_a_read_as_ever() -> None:
    """Nobody has lost patience with it."""
    vendor = Vendor(OLD, Late(8, NEW), policy=KEPT)
    await read(vendor)
    await asyncio.sleep(6)
    leaving = asyncio.ensure_future(read(vendor))
    await asyncio.sleep(2)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    assert vendor.cancelled == 1


async def test_the_oldest_answer_that_stood_in_is_told() -> None:
    """One for each vendor."""
    vendor = Vendor(ok(), policy=KEPT)
    for path in ("/a", "/b", "/c"):
        await read(vendor, path)
        await asyncio.sleep(10)
    vendor.answers = [status(503, Retry_After="60")]
    with request_scope(deadline=10) as scope:
        for path in ("/b", "/a", "/c"):
            await vendor.client.get(path, Shape)
    assert [stale.age_seconds for stale in scope.stale.values()] == [30]
    assert scope.age == 30


@pytest.mark.parametrize(
    ("failure", "kind"),
    [(status(401), Denied), (status(403), Denied), (status(404), Rejected)],
)
async def test_a_vendor_that_says_no_has_not_failed(
    failure: Played, kind: type[UpstreamError]
) -> None:
    """What it takes back is not given any longer, whatever happens next."""
    vendor = Vendor(OLD, failure, policy=KEPT)
    await read(vendor)
    await asyncio.sleep(5)
    with pytest.raises(kind):
        await read(vendor)
    vendor.answers = [status(503, Retry_After="60")]
    with pytest.raises(Unavailable):
        await read(vendor)


async def test_nothing_stands_in_after_its_time_or_where_that_is_off() -> None:
    """After 300 seconds, and with 0."""
    for policy, pause in ((KEPT, 300), (Policy(cache_ttl=5), 5)):
        vendor = Vendor(OLD, status(503, Retry_After="60"), policy=policy)
        await read(vendor)
        await asyncio.sleep(pause)
        with pytest.raises(Unavailable):
            await read(vendor)


@pytest.mark.parametrize("no_cache", [True, False])
async def test_nothing_stands_in_for_who_asks_anew(*, no_cache: bool) -> None:
    """With no-cache, and for a mutation that has made its reads fresh."""
    vendor = Vendor(OLD, status(503, Retry_After="60"), policy=KEPT)
    await read(vendor)
    with request_scope(deadline=10, no_cache=no_cache) as scope:
        vendor.client.invalidate()
        with pytest.raises(Unavailable):
            await vendor.client.get("/a", Shape)
    assert scope.stale == {}


async def test_a_read_that_failed_while_its_request_began_to_write_gets_nothing_stale() -> None:
    """What counts is whether the request asks anew when the failure is known."""
    vendor = Vendor(OLD, Late(2, status(503, Retry_After="60")), policy=KEPT)
    await read(vendor)
    await asyncio.sleep(5)
    with request_scope(deadline=10):
        get = asyncio.ensure_future(vendor.client.get("/a", Shape))
        await asyncio.sleep(1)
        vendor.client.invalidate()
        with pytest.raises(Unavailable):
            await get


async def write(vendor: Vendor) -> None:
    with request_scope(deadline=10):
        await vendor.client.write("PATCH", "/a", NoBody, {})


async def test_a_write_makes_other_requests_read_anew() -> None:
    """And what was known before it stands in for nothing."""
    vendor = Vendor(OLD, ok(b""), NEW, policy=KEPT)
    await read(vendor)
    await write(vendor)
    assert (await read(vendor))[0] == "new"
    await write(vendor)
    vendor.answers = [status(503, Retry_After="60")]
    with pytest.raises(Unavailable):
        await read(vendor)


@pytest.mark.parametrize(
    ("failure", "outcome", "calls"),
    [
        (httpx.ReadTimeout("x"), WriteOutcome.UNKNOWN, 1),
        (status(503), WriteOutcome.UNKNOWN, 1),
        (status(404), WriteOutcome.NOT_APPLIED, 0),
        (status(401), WriteOutcome.NOT_APPLIED, 0),
    ],
)
async def test_only_a_write_that_changed_nothing_leaves_what_is_known(
    failure: Played, outcome: WriteOutcome, calls: int
) -> None:
    """One that may have been applied has changed what was known."""
    vendor = Vendor(OLD, failure, NEW, policy=KEPT)
    await read(vendor)
    with pytest.raises(UpstreamError) as caught:
        await write(vendor)
    _, scope = await read(vendor)
    assert (caught.value.outcome, len(scope.calls)) == (outcome, calls)


@pytest.mark.parametrize(
    ("read_takes", "write_at", "write_takes"),
    [(4, 1, 1), (4, 1, 5), (2, 1, 5)],
)
async def test_what_was_read_while_a_write_was_under_way_is_not_kept(
    read_takes: float, write_at: float, write_takes: float
) -> None:
    """Whichever of the two ended first: it may be from before the write."""
    vendor = Vendor(Late(read_takes, OLD), Late(write_takes, ok(b"")), NEW, policy=KEPT)
    reading = asyncio.ensure_future(read(vendor))
    await asyncio.sleep(write_at)
    await write(vendor)
    await reading
    assert (await read(vendor))[0] == "new"


async def test_after_a_write_nobody_joins_a_read_from_before_it() -> None:
    """Another call is made, at the same time."""
    vendor = Vendor(Late(5, OLD), ok(b""), NEW, policy=KEPT)
    reading = asyncio.ensure_future(read(vendor))
    await asyncio.sleep(1)
    await write(vendor)
    assert (await read(vendor))[0] == "new"
    assert (await reading)[0] == "old"
    assert (await read(vendor))[0] == "new"


async def test_a_request_makes_no_more_calls_than_it_may() -> None:
    """The error names the setting; what was asked for before is answered."""
    vendor = Vendor(ok())
    with request_scope(deadline=10, max_calls=3) as scope:
        gets = (vendor.client.get(f"/{number}", Shape) for number in range(5))
        answers = await asyncio.gather(*gets, return_exceptions=True)
    errors = [answer for answer in answers if isinstance(answer, TooManyCalls)]
    assert (len(vendor.requests), len(scope.calls), len(errors)) == (3, 3, 2)
    assert errors[0].message == (
        "The request needs more than 3 calls to vendors, which is the limit of this gateway "
        "(GROUPGATE_UPSTREAM_CALLS_PER_REQUEST). Request fewer objects at a time."
    )
    assert not errors[0].retryable


async def test_writes_and_retries_count_as_calls_and_shared_answers_do_not() -> None:
    """A read that is not worth another call fails with the vendor's failure."""
    vendor = Vendor(ok(), status(500), policy=KEPT)
    await read(vendor, "/known")
    with request_scope(deadline=10, max_calls=2):
        await vendor.client.get("/known", Shape)
        with pytest.raises(Unavailable):
            await vendor.client.get("/a", Shape)
        with pytest.raises(TooManyCalls) as caught:
            await vendor.client.write("POST", "/a", Shape, {})
    assert len(vendor.requests) == 3
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED


async def test_calls_that_a_resting_vendor_is_spared_do_not_count() -> None:
    """A vendor that is down does not use up the calls for the others."""
    vendor = Vendor(status(500))
    with request_scope(deadline=10, max_calls=30) as scope:
        for number in range(100):
            get = vendor.client.get(f"/{number}", Shape)
            (error,) = await asyncio.gather(get, return_exceptions=True)
            assert isinstance(error, Unavailable)
    assert len(scope.calls) == 10


async def test_a_joined_read_does_not_fail_for_another_requests_budget() -> None:
    """Whoever begins a call pays for it; whoever joins does not."""
    vendor = Vendor(Late(1, ok()), policy=KEPT)

    async def limited() -> None:
        with request_scope(deadline=10, max_calls=1):
            await asyncio.gather(
                vendor.client.get("/a", Shape),
                vendor.client.get("/b", Shape),
                return_exceptions=True,
            )

    async def other() -> str:
        await asyncio.sleep(0.5)
        return (await read(vendor, "/b"))[0]

    _, name = await asyncio.gather(limited(), other())
    assert (name, vendor.paths) == ("x", ["/a", "/b"])


async def test_a_body_that_breaks_off_is_asked_for_again() -> None:
    """A reset in the middle of a body is the vendor's failure, and no shape of an answer."""
    broken = Chunks(b'{"na', 1, then=httpx.ReadError("x"))
    vendor = Vendor(httpx.Response(200, stream=broken), ok())
    assert (await read(vendor))[0] == "x"
    assert len(vendor.requests) == 2
