"""Writes are made stage after stage, at most eight at once, and no more once the vendor fails."""

import pytest

from groupgate.commands.attempts import WRITES_AT_ONCE, attempt_all
from groupgate.domain.errors import Outcome, Refused
from groupgate.domain.plan import Plan
from groupgate.domain.refusals import NotFound
from tests.fake_planner import Writes, failure
from tests.little_shop import A

pytestmark = pytest.mark.anyio

NO_SUCH = Refused(NotFound(message="No such product.", about=A))


async def test_a_stage_begins_when_the_one_before_it_has_ended() -> None:
    writes = Writes()
    first = tuple(writes.step(path) for path in ("/1", "/2"))
    second = (writes.step("/3", does=lambda: writes.sent.append("end")),)

    attempts = await attempt_all(Plan(stages=(first, second)))

    assert writes.sent == ["/1", "/2", "/3", "end"]
    assert writes.most_under_way == 2
    assert [attempt.is_done for attempt in attempts] == [True, True, True]


async def test_eight_steps_of_a_stage_are_under_way_at_most() -> None:
    writes = Writes()
    paths = [f"/{number}" for number in range(20)]

    await attempt_all(Plan(stages=(tuple(map(writes.step, paths)),)))

    assert writes.sent == paths
    assert writes.most_under_way == WRITES_AT_ONCE == 8


async def test_once_the_vendor_fails_what_is_under_way_ends_and_no_more_begins() -> None:
    writes = Writes()
    paths = [f"/{number}" for number in range(20)]
    broken = failure(Outcome.NOT_APPLIED)
    stage = [writes.step(path, fails=broken if path == "/2" else None) for path in paths]

    attempts = await attempt_all(Plan(stages=(tuple(stage), (writes.step("/next"),))))

    assert writes.sent == paths[:8]
    done = [attempt.step.call.path for attempt in attempts if attempt.is_done]
    assert done == ["/0", "/1", "/3", "/4", "/5", "/6", "/7"]
    assert [attempt.failure for attempt in attempts if attempt.failure] == [broken]
    assert [attempt.step.call.path for attempt in attempts] == [*paths, "/next"]


async def test_a_step_that_is_refused_does_not_keep_others_of_its_stage_from_being_made() -> None:
    writes = Writes()
    stage = [writes.step(f"/{number}", fails=None if number else NO_SUCH) for number in range(12)]

    attempts = await attempt_all(Plan(stages=(tuple(stage), (writes.step("/next"),))))

    assert len(writes.sent) == 12
    assert [attempt.is_done for attempt in attempts] == [False, *[True] * 11, False]
    assert attempts[0].refusals == NO_SUCH.refusals


async def test_a_failed_step_may_be_done_unless_it_is_known_not_to_be() -> None:
    writes = Writes()
    outcomes = (Outcome.NOT_APPLIED, Outcome.UNKNOWN, None)
    stage = tuple(writes.step("/", fails=failure(outcome)) for outcome in outcomes)

    attempts = await attempt_all(Plan(stages=(stage,)))

    assert [attempt.may_be_done for attempt in attempts] == [False, True, True]


async def test_a_bug_in_one_step_ends_the_others_before_it_is_told() -> None:
    writes = Writes()

    def blunder() -> None:
        raise ZeroDivisionError

    stage = (writes.step("/1", does=blunder), writes.step("/2"))
    with pytest.raises(ExceptionGroup) as caught:
        await attempt_all(Plan(stages=(stage,)))

    assert caught.group_contains(ZeroDivisionError)
