"""The mutations of one document run one after another, and fail independently."""

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
from tests.fake_planner import PlanningProvider, StepRecorder, failure
from tests.sample_catalog import FOREIGN_GROUP, GROUP, OTHER_GROUP, sample_provider
from tests.schema.mutations.helpers import execute, ids, user_error

pytestmark = pytest.mark.anyio

(GROUP_ID, OTHER_ID, FOREIGN_ID) = ids(GROUP, OTHER_GROUP, FOREIGN_GROUP)

THREE = """mutation($id: ID!, $other: ID!) {
  first: groupUpdate(id: $id, input: {name: "1"}) { group { name } userErrors { code } }
  second: groupUpdate(id: $other, input: {name: "2"}) { group { name } userErrors { code } }
  third: groupUpdate(id: $id, input: {name: "3"}) { group { name } userErrors { code } }
}"""


async def test_each_mutation_sees_the_changes_of_those_before_it() -> None:
    vendor, writes = sample_provider(), StepRecorder()

    def rename() -> None:
        vendor.groups = [Group(ref=GROUP, name=f"After {len(writes.sent)}")]

    vendor.planner.plan = Plan(stages=((writes.step("/write", on_send=rename),),))

    response = await execute(THREE, vendor, id=GROUP_ID, other=GROUP_ID)

    assert response["data"] == {
        "first": {"group": {"name": "After 1"}, "userErrors": []},
        "second": {"group": {"name": "After 2"}, "userErrors": []},
        "third": {"group": {"name": "After 3"}, "userErrors": []},
    }
    assert vendor.calls == ["forget", "get_groups"] * 3


async def test_a_failing_vendor_does_not_affect_mutations_at_others() -> None:
    ours, theirs = sample_provider(), PlanningProvider(key=ProviderKey.AXIM)
    theirs.capabilities = ours.capabilities
    ours.planner.failure = failure(None)
    document = """mutation($ours: ID!, $theirs: ID!) {
      first: groupDelete(id: $ours) { userErrors { code } }
      second: groupDelete(id: $theirs) { userErrors { code field } }
      third: groupDelete(id: "nonsense") { userErrors { __typename code field } }
    }"""

    response = await execute(document, ours, theirs, ours=GROUP_ID, theirs=FOREIGN_ID)

    not_found = {"code": "NOT_FOUND", "field": ["id"]}
    assert response["data"] == {
        "first": None,
        "second": {"userErrors": [not_found]},
        "third": {"userErrors": [user_error("INVALID", "id")]},
    }
    assert [error["path"] for error in response["errors"]] == [["first"]]


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
async def test_a_failed_write_reports_its_outcome(
    cause: type[UpstreamError],
    outcome: WriteOutcome,
    code: str,
    retryable: bool,  # noqa: FBT001 # a test parameter
) -> None:
    broken = cause(ProviderKey.DODO, "Dodo Payments failed.")
    broken.outcome = outcome
    vendor = sample_provider()
    vendor.planner.plan = Plan(stages=((StepRecorder().step("/write", error=broken),),))

    with capture_logs() as lines:
        response = await execute(
            "mutation($id: ID!) { groupDelete(id: $id) { deletedGroupId } }", vendor, id=GROUP_ID
        )

    assert response["data"] == {"groupDelete": None}
    (error,) = response["errors"]
    assert error["message"] == "Dodo Payments failed."
    assert error["extensions"] == {
        "code": code,
        "provider": "DODO",
        "retryable": retryable,
        "requestId": "r1",
        "cause": broken.cause,
        "outcome": outcome.value,
    }
    assert [line["event"] for line in lines] == ["upstream_failed"]


async def test_a_read_that_fails_before_a_write_is_reported_as_not_applied() -> None:
    vendor = sample_provider()
    vendor.failure = failure(None)
    document = """mutation($id: ID!) {
      groupSetProducts(id: $id, productIds: []) { userErrors { code } }
    }"""

    response = await execute(document, vendor, id=GROUP_ID)

    assert response["data"] == {"groupSetProducts": None}
    assert response["errors"][0]["extensions"]["outcome"] == "NOT_APPLIED"
    assert response["errors"][0]["extensions"]["retryable"] is True


async def test_a_read_that_fails_after_a_write_does_not_null_the_payload() -> None:
    vendor, writes = sample_provider(), StepRecorder()

    def fail() -> None:
        vendor.failure = failure(None)

    vendor.planner.plan = Plan(stages=((writes.step("/write", on_send=fail),),))

    response = await execute(
        "mutation($id: ID!) { groupUpdate(id: $id, input: {name: null}) {"
        " group { name } userErrors { code } plan { path } } }",
        vendor,
        id=GROUP_ID,
    )

    assert response["data"] == {
        "groupUpdate": {"group": None, "userErrors": [], "plan": [{"path": "/write"}]}
    }
    (error,) = response["errors"]
    assert error["path"] == ["groupUpdate", "group"]
    assert "outcome" not in error["extensions"]


async def test_a_failed_read_of_a_query_has_no_outcome() -> None:
    vendor = sample_provider()
    vendor.failure = failure(None)

    response = await execute("query($id: ID!) { group(id: $id) { name } }", vendor, id=GROUP_ID)

    (error,) = response["errors"]
    assert "outcome" not in error["extensions"]
    assert error["extensions"]["retryable"] is True
