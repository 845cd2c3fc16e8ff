"""Mutations that Dodo's rules refuse: the code and the argument of each refusal."""

import pytest

from groupgate.commands.collections import (
    archive_collection,
    create_collection,
    update_collection,
)
from groupgate.commands.groups import create_group, delete_group, update_group
from groupgate.commands.memberships import (
    assign_products,
    move_products,
    set_products,
    unassign_products,
)
from groupgate.commands.runner import MutationResult
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.provider import Provider
from groupgate.domain.refusals import UserErrorCode
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.dodo.seed import (
    CRM,
    EDGE,
    ICONS,
    MONTHLY,
    STARTER,
    UNKNOWN_COLLECTION,
    UNKNOWN_GROUP,
    UNKNOWN_PRODUCT,
    YEARLY,
    create_icon_shop,
    ungrouped,
)
from tests.providers.mutations import executed_writes, refused_fields, runner

pytestmark = pytest.mark.anyio


SECOND_PRODUCT = ("productIds", "1")


def expect_refusals(*cases: tuple[MutationResult, UserErrorCode, tuple[str, ...]]) -> None:
    """Check that each result has no writes and one refusal, with this code and field."""
    for result, code, field in cases:
        assert refused_fields(result) == [(code, field)]
        assert executed_writes(result) == []


async def test_each_refusal_of_memberships_names_the_invalid_argument(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop = await create_icon_shop(provider, simulator)
    one = ungrouped(simulator, 1)
    with request_scope():
        mutation = runner(provider)
        expect_refusals(
            (
                await assign_products(mutation, YEARLY, [*one, STARTER]),
                UserErrorCode.IN_ANOTHER_GROUP,
                SECOND_PRODUCT,
            ),
            (
                await assign_products(mutation, YEARLY, [*one, UNKNOWN_PRODUCT]),
                UserErrorCode.NOT_FOUND,
                SECOND_PRODUCT,
            ),
            (
                await assign_products(mutation, YEARLY, [*one, ICONS[0]]),
                UserErrorCode.IN_ANOTHER_GROUP,
                SECOND_PRODUCT,
            ),
            (await assign_products(mutation, UNKNOWN_GROUP, one), UserErrorCode.NOT_FOUND, ("id",)),
            (
                await unassign_products(mutation, shop, ICONS),
                UserErrorCode.LAST_PRODUCT,
                SECOND_PRODUCT[:1],
            ),
            (
                await set_products(mutation, shop, []),
                UserErrorCode.LAST_PRODUCT,
                SECOND_PRODUCT[:1],
            ),
            (
                await move_products(mutation, shop, EDGE, ICONS, None),
                UserErrorCode.LAST_PRODUCT,
                SECOND_PRODUCT[:1],
            ),
            (
                await move_products(mutation, MONTHLY, UNKNOWN_GROUP, [STARTER], 0),
                UserErrorCode.NOT_FOUND,
                ("toGroupId",),
            ),
        )


async def test_each_refusal_of_groups_names_the_invalid_argument(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop = await create_icon_shop(provider, simulator)
    new, one = GroupChange(name="New"), ungrouped(simulator, 1)
    with request_scope():
        mutation = runner(provider)
        expect_refusals(
            (await delete_group(mutation, shop), UserErrorCode.LAST_PRODUCT, ("id",)),
            (
                await create_group(mutation, CRM, GroupChange(name="Monthly"), []),
                UserErrorCode.TAKEN,
                ("input", "name"),
            ),
            (
                await create_group(mutation, UNKNOWN_COLLECTION, new, []),
                UserErrorCode.NOT_FOUND,
                ("collectionId",),
            ),
            (
                await create_group(mutation, CRM, new, [*one, UNKNOWN_PRODUCT]),
                UserErrorCode.NOT_FOUND,
                SECOND_PRODUCT,
            ),
            (
                await update_group(mutation, YEARLY, GroupChange(name="Monthly")),
                UserErrorCode.TAKEN,
                ("input", "name"),
            ),
            (await update_group(mutation, UNKNOWN_GROUP, new), UserErrorCode.NOT_FOUND, ("id",)),
        )


async def test_each_refusal_of_collections_names_the_invalid_argument(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop, new = CollectionChange(name="x"), GroupChange(name="New")
    one = ungrouped(simulator, 1)
    with request_scope():
        mutation = runner(provider)
        expect_refusals(
            (
                await update_collection(mutation, UNKNOWN_COLLECTION, shop),
                UserErrorCode.NOT_FOUND,
                ("id",),
            ),
            (
                await archive_collection(mutation, UNKNOWN_COLLECTION),
                UserErrorCode.NOT_FOUND,
                ("id",),
            ),
            (
                await create_collection(mutation, shop, new, []),
                UserErrorCode.BLANK,
                SECOND_PRODUCT[:1],
            ),
            (
                await create_collection(mutation, shop, new, [*one, STARTER]),
                UserErrorCode.IN_ANOTHER_GROUP,
                SECOND_PRODUCT,
            ),
        )
