"""The window: its places, when they are free again, and that a vendor never counts more."""

from math import inf

from groupgate.upstream.rate_limit.limiter import Window


def test_a_place_is_taken_from_the_sending_until_a_window_after_the_answer() -> None:
    """Two calls, answered at 1 and 3: places open at 11 and 13."""
    window = Window(2, 10)
    window.begin()
    window.begin()
    assert window.opens_at(0) == inf
    window.end(1, was_sent=True)
    assert window.opens_at(1) == 11
    window.end(3, was_sent=True)
    assert [window.opens_at(3, ahead) for ahead in (0, 1, 2)] == [11, 13, inf]
    assert window.opens_at(11) == 11


def test_a_call_that_was_not_sent_leaves_its_place_at_once() -> None:
    """Nobody counted it."""
    window = Window(1, 10)
    window.begin()
    window.end(1, was_sent=False)
    assert window.opens_at(1) == 1


def test_the_soonest_is_told_even_if_all_depends_on_calls_under_way() -> None:
    """As if these were answered now: one window for each full round of calls ahead."""
    window = Window(2, 10)
    window.begin()
    window.begin()
    assert [window.soonest(5, ahead) for ahead in (0, 1, 2, 3, 4)] == [15, 15, 25, 25, 35]
