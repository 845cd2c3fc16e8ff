"""The counts of events, and the bound of the names that are labels."""

import pytest

from groupgate.app.metrics.counts import MAX_NAMES, Counts, Histogram
from groupgate.domain.refs import ProviderKey
from groupgate.observer import AnswerSource, EndedRequest, KeyUse


def ended(name: str = "", milliseconds: float = 4, **given: object) -> EndedRequest:
    """Return a query that was executed, unless `given` says otherwise."""
    values = {
        "request_id": "r",
        "status": 200,
        "operation_type": "query",
        "source": AnswerSource.EXECUTED,
        **given,
    }
    return EndedRequest(operation_name=name, milliseconds=milliseconds, **values)  # type: ignore[arg-type]


def test_a_value_is_counted_in_the_bucket_whose_bound_it_reaches() -> None:
    histogram = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 2.5):
        histogram.observe(value)
    assert (histogram.counts, histogram.total) == ([2, 2, 1], 7.5)


def test_requests_are_counted_by_name_type_status_and_first_code() -> None:
    counts = Counts()
    counts.request_ended(ended("A"))
    counts.request_ended(ended("A"))
    counts.request_ended(ended("A", codes=("FIRST", "SECOND")))
    counts.request_ended(ended(status=400, operation_type="", codes=("BAD_REQUEST",)))
    assert {labels: series.count for labels, series in counts.requests.items()} == {
        ("A", "query", 200, ""): 2,
        ("A", "query", 200, "FIRST"): 1,
        ("", "", 400, "BAD_REQUEST"): 1,
    }
    assert {labels: sum(one.counts) for labels, one in counts.durations.items()} == {
        ("A", "query"): 3,
        ("", ""): 1,
    }
    assert counts.durations["A", "query"].total == pytest.approx(0.012)


def test_the_names_beyond_the_bound_are_other() -> None:
    counts = Counts()
    for number in range(MAX_NAMES + 50):
        counts.request_ended(ended(f"Name{number}"))
        counts.request_ended(ended(f"Name{number}"))
    names = {name: series.count for (name, *_), series in counts.requests.items()}
    assert len(names) == MAX_NAMES + 1
    assert (names["Name0"], names["Name99"], names["other"]) == (2, 2, 100)
    counts.request_ended(ended())
    assert counts.requests["", "query", 200, ""].count == 1


def test_queries_are_counted_by_the_source_of_their_responses() -> None:
    counts = Counts()
    for source in AnswerSource:
        counts.request_ended(ended(source=source))
    counts.request_ended(ended(source=AnswerSource.EXECUTED, operation_type="mutation"))
    assert counts.queries == {
        AnswerSource.CACHED: 1,
        AnswerSource.SHARED: 1,
        AnswerSource.EXECUTED: 1,
    }


def test_waits_stale_vendors_and_keys_are_counted() -> None:
    counts = Counts()
    stale = (ProviderKey.DODO, ProviderKey.AXIM)
    counts.request_ended(ended(milliseconds_waited=3, stale=stale))
    counts.request_ended(ended(milliseconds_waited=None, key_use=KeyUse.REPLAYED))
    assert (sum(counts.waits.counts), counts.waits.total) == (1, 0.003)
    assert dict(counts.stale) == {ProviderKey.DODO: 1, ProviderKey.AXIM: 1}
    assert counts.key_uses == {use: int(use is KeyUse.REPLAYED) for use in KeyUse}
