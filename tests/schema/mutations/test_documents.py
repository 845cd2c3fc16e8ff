"""Mutations of one document run one after another, and one that fails spares its neighbours."""

import pytest
from structlog.testing import capture_logs

from groupgate.domain.catalog import Group
from groupgate.domain.errors import (
    Denied,
    Malformed,
    Throttled,
    Unavailable,
    UpstreamError,
    WriteOutcome,
)
from groupgate.domain.planner import Plan
from groupgate.domain.refs import ProviderKey
from tests.fake_planner import PlanningProvider, Writes, failure
from tests.little_shop import FOREIGN_GROUP, GROUP, OTHER, shop
from tests.schema.mutations.asking import ask, error, ids

pytestmark = pytest.mark.anyio

(GROUP_ID, OTHER_ID, FOREIGN_ID) = ids(GROUP, OTHER, FOREIGN_GROUP)

THREE = """mutation($id: ID!, $other: ID!) {
  first: groupUpdate(id: $id, input: {name: "1"}) { group { name } userErrors { code } }
  second: groupUpdate(id: $other, input: {name: "2"}) { group { name } userErrors { code } }
  third: groupUpdate(id: $id, input: {name: "3"}) { group { name } userErrors { code } }
}"""


async def test_each_mutation_sees_what_those_before_it_have_done() -> None:
    vendor, writes = shop(), Writes()

    def rename() -> None:
        vendor.groups = [Group(ref=GROUP, name=f"After {len(writes.sent)}")]

    vendor.planner.plan = Plan(stages=((writes.step("/write", does=rename),),))

    answer = await ask(THREE, vendor, id=GROUP_ID, other=GROUP_ID)

    assert answer["data"] == {
        "first": {"group": {"name": "After 1"}, "userErrors": []},
        "second": {"group": {"name": "After 2"}, "userErrors": []},
        "third": {"group": {"name": "After 3"}, "userErrors": []},
    }
    assert vendor.calls == ["forget", "get_groups"] * 3


async def test_a_vendor_that_fails_spares_what_is_asked_of_others() -> None:
    ours, theirs = shop(), PlanningProvider(key=ProviderKey.AXIM)
    theirs.capabilities = ours.capabilities
    ours.planner.failure = failure(None)
    document = """mutation($ours: ID!, $theirs: ID!) {
      first: groupDelete(id: $ours) { userErrors { code } }
      second: groupDelete(id: $theirs) { userErrors { code field } }
      third: groupDelete(id: "nonsense") { userErrors { __typename code field } }
    }"""

    answer = await ask(document, ours, theirs, ours=GROUP_ID, theirs=FOREIGN_ID)

    not_found = {"code": "NOT_FOUND", "field": ["id"]}
    assert answer["data"] == {
        "first": None,
        "second": {"userErrors": [not_found]},
        "third": {"userErrors": [error("INVALID", "id")]},
    }
    assert [told["path"] for told in answer["errors"]] == [["first"]]


@pytest.mark.parametrize(
    ("cause", "outcome", "code", "retryable"),
    [
        (Unavailable, WriteOutcome.NOT_APPLIED, "UPSTREAM_UNAVAILABLE", True),
        (Unavailable, WriteOutcome.UNKNOWN, "UPSTREAM_UNAVAILABLE", False),
        (Throttled, WriteOutcome.NOT_APPLIED, "UPSTREAM_THROTTLED", True),
        (Denied, WriteOutcome.NOT_APPLIED, "UPSTREAM_DENIED", False),
        (Malformed, WriteOutcome.UNKNOWN, "UPSTREAM_PROTOCOL", False),
    ],
)
async def test_a_write_that_failed_tells_what_became_of_it(
    cause: type[UpstreamError],
    outcome: WriteOutcome,
    code: str,
    retryable: bool,  # noqa: FBT001 # as the case has it
) -> None:
    broken = cause(ProviderKey.DODO, "It failed.")
    broken.outcome = outcome
    vendor = shop()
    vendor.planner.plan = Plan(stages=((Writes().step("/write", fails=broken),),))

    with capture_logs() as lines:
        answer = await ask(
            "mutation($id: ID!) { groupDelete(id: $id) { deletedGroupId } }", vendor, id=GROUP_ID
        )

    assert answer["data"] == {"groupDelete": None}
    (told,) = answer["errors"]
    assert told["message"] == "It failed."
    assert told["extensions"] == {
        "code": code,
        "provider": "DODO",
        "retryable": retryable,
        "requestId": "r1",
        "cause": broken.cause,
        "outcome": outcome.value,
    }
    assert [line["event"] for line in lines] == ["upstream_failed"]


async def test_a_read_that_fails_before_a_write_has_applied_nothing() -> None:
    vendor = shop()
    vendor.failure = failure(None)
    document = """mutation($id: ID!) {
      groupSetProducts(id: $id, productIds: []) { userErrors { code } }
    }"""

    answer = await ask(document, vendor, id=GROUP_ID)

    assert answer["data"] == {"groupSetProducts": None}
    assert answer["errors"][0]["extensions"]["outcome"] == "NOT_APPLIED"
    assert answer["errors"][0]["extensions"]["retryable"] is True


async def test_a_read_that_fails_after_a_write_leaves_the_payload_standing() -> None:
    vendor, writes = shop(), Writes()

    def fail() -> None:
        vendor.failure = failure(None)

    vendor.planner.plan = Plan(stages=((writes.step("/write", does=fail),),))

    answer = await ask(
        "mutation($id: ID!) { groupUpdate(id: $id, input: {name: null}) {"
        " group { name } userErrors { code } plan { path } } }",
        vendor,
        id=GROUP_ID,
    )

    assert answer["data"] == {
        "groupUpdate": {"group": None, "userErrors": [], "plan": [{"path": "/write"}]}
    }
    (told,) = answer["errors"]
    assert told["path"] == ["groupUpdate", "group"]
    assert "outcome" not in told["extensions"]


async def test_a_read_of_a_query_tells_no_outcome() -> None:
    vendor = shop()
    vendor.failure = failure(None)

    answer = await ask("query($id: ID!) { group(id: $id) { name } }", vendor, id=GROUP_ID)

    (told,) = answer["errors"]
    assert "outcome" not in told["extensions"]
    assert told["extensions"]["retryable"] is True
