"""Mutations that read a list of which rows were left out: neither plan nor refusal is certain."""

import pytest

from groupgate.commands.memberships import reorder_products
from groupgate.commands.runner import MutationRunner
from groupgate.domain.capabilities import Capability
from groupgate.domain.errors import Malformed, Refused, WriteOutcome
from groupgate.domain.planner import Plan
from groupgate.domain.refs import ProviderKey
from groupgate.domain.refusals import InvalidInput, UserErrorCode
from groupgate.request import UnreadableValues, current_scope, request_scope
from tests.commands.runners import codes_and_fields, runner
from tests.fake_planner import PlanningProvider, StepRecorder
from tests.sample_catalog import GROUP, A, B, C

pytestmark = pytest.mark.anyio


def lose_row(provider: ProviderKey = ProviderKey.DODO) -> None:
    """Record that a row was left out of a list."""
    unreadable = UnreadableValues(nulls={}, rows={"$.items[]": 1})
    current_scope().note_unreadable(provider, unreadable)


async def run(
    mutation: MutationRunner,
    *,
    loses_row: bool = True,
    refused: bool = False,
    invalid: bool = False,
) -> list[UserErrorCode]:
    """Run a mutation whose plan reads a list; return the codes of its refusals."""
    validator = mutation.validator(Capability.GROUP_UPDATE)
    if invalid:
        validator.refuse_argument("The name is blank.", "input", "name")

    async def plan() -> Plan:
        if loses_row:
            lose_row()
        if refused:
            raise Refused(InvalidInput(message="The name is taken.", code=UserErrorCode.TAKEN))
        return await mutation.provider.planner.delete_group(GROUP)

    result = await mutation.run(validator, plan)
    return [refusal.code for refusal in result.refusals]


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("refused", [False, True])
async def test_a_plan_or_refusal_from_a_list_without_a_row_is_an_error(
    vendor: PlanningProvider, writes: StepRecorder, *, dry_run: bool, refused: bool
) -> None:
    with request_scope(), pytest.raises(Malformed) as caught:
        await run(runner(vendor, dry_run=dry_run), refused=refused)
    assert (caught.value.outcome, caught.value.json_path) == (
        WriteOutcome.NOT_APPLIED,
        "$.items[]",
    )
    assert writes.sent == []


async def test_invalid_input_is_refused_all_the_same(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    with request_scope():
        assert await run(runner(vendor), refused=True, invalid=True) == [UserErrorCode.INVALID]
    assert writes.sent == []


async def test_rows_that_other_fields_have_lost_before_do_not_stop_a_mutation(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    with request_scope():
        lose_row()
        assert await run(runner(vendor), loses_row=False) == []
    assert writes.sent == ["/write"]


async def test_rows_of_another_vendor_do_not_stop_a_mutation(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    async def plan() -> Plan:
        lose_row(ProviderKey.AXIM)
        return await vendor.planner.delete_group(GROUP)

    with request_scope():
        mutation = runner(vendor)
        await mutation.run(mutation.validator(Capability.GROUP_UPDATE), plan)
    assert writes.sent == ["/write"]


async def test_a_list_without_a_row_is_not_compared_with_a_permutation(
    vendor: PlanningProvider, writes: StepRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong id is refused; that the list is no permutation may be due to the lost row."""
    read = vendor.get_memberships

    async def get_memberships(refs: list[object]) -> object:
        lose_row()
        return await read(refs)  # type: ignore[arg-type] # refs of groups

    monkeypatch.setattr(vendor, "get_memberships", get_memberships)
    with request_scope():
        with pytest.raises(Malformed):
            await reorder_products(runner(vendor), GROUP, [C, B])
        result = await reorder_products(runner(vendor), GROUP, [C, B, A, A])
    assert codes_and_fields(result.refusals) == [(UserErrorCode.DUPLICATE, ("productIds", "3"))]
    assert writes.sent == []
