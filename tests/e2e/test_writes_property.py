"""Random mutations at all vendors over HTTP, compared with a model of the catalog."""

import asyncio
import logging
from collections import Counter
from contextlib import AsyncExitStack
from copy import deepcopy
from typing import Any, Final

import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.sandbox.app import Sandbox
from groupgate.schema.ids import encode_id
from tests.e2e.documents import READ_ALL_GROUPS, REVISION, call, declared
from tests.e2e.gateway import UNCACHED, Gateway, open_gateway, take_writes
from tests.e2e.model.catalog import Catalog, Json, read_catalog
from tests.e2e.model.checks import (
    check_deleted,
    check_excluded,
    check_nodes,
    check_product_ids,
    check_writes,
    error_keys,
)
from tests.e2e.model.expectation import Expectation
from tests.e2e.model.generator import MutationGenerator
from tests.e2e.model.mutation import HAS_REVISION, MUTATIONS, MutationRequest, OptionalRef
from tests.e2e.model.rules import RULES
from tests.e2e.model.selections import created_ids, fragments, matches_group, selection

CHOICES: Final = [
    *((key, mutation) for key, rules in RULES.items() for mutation in [*rules, *rules]),
    *((key, mutation) for key in ProviderKey for mutation in MUTATIONS),
]
"""Vendors and mutations; those that the vendor supports are chosen most often."""
SEEN: Final[Counter[tuple[str, bool]]] = Counter()
"""How often each mutation has succeeded, and how often it has not."""


def invalid_products(key: ProviderKey) -> list[OptionalRef]:
    """Return refs that do not name a product of this vendor."""
    other = ProviderKey.AXIM if key is ProviderKey.DODO else ProviderKey.DODO
    return [
        None,
        CollectionRef(provider=key),
        ProductRef(provider=key, native_id="unknown"),
        ProductRef(provider=other, native_id="foreign"),
    ]


SANDBOX: Final = Sandbox(unlimited=True)
SEED: Final = {key: read_catalog(SANDBOX, key) for key in ProviderKey}


def expect(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Return the expected result of a mutation without a revision or a dry run."""
    is_new = request.mutation == "productCollectionCreate"
    has_collection_target = request.target_argument == "collectionId"
    is_collection = has_collection_target or request.mutation.startswith("product")
    kind = CollectionRef if is_collection else GroupRef
    if not is_new and not isinstance(request.target, kind):
        return Expectation(before_reads={("INVALID", (request.target_argument,))})
    rule_of = RULES[catalog.key].get(request.mutation)
    if rule_of is None:
        return Expectation(before_reads={("UNSUPPORTED", None)})
    return rule_of(catalog, request)


class Mutations(RuleBasedStateMachine):
    """Sends mutations to the gateway and applies their expected effect to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.sandbox = SANDBOX
        self.sandbox.reset()
        self.catalogs = {key: deepcopy(catalog) for key, catalog in SEED.items()}
        self.gateway: Gateway

    @initialize(cache_ttl=st.sampled_from([0, 3600]))
    def open(self, cache_ttl: int) -> None:
        """Open a gateway, with a read cache or without one."""
        upstream = UNCACHED.model_copy(update={"cache_ttl": cache_ttl})
        opening = open_gateway(self.sandbox, upstream=upstream)
        self.gateway = self.runner.run(self.stack.enter_async_context(opening))
        # At 2Checkout the gateway learns from a read which group is the general one.
        self.execute(READ_ALL_GROUPS)

    def teardown(self) -> None:
        """Close the gateway and compare all vendors with the model."""
        self.runner.run(self.stack.aclose())
        self.runner.close()
        for key, catalog in self.catalogs.items():
            assert read_catalog(self.sandbox, key).state() == catalog.state()

    def execute(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send a document; return its data."""
        return self.runner.run(self.gateway.data(query, **variables))

    @rule(
        data=st.data(),
        choice=st.sampled_from(CHOICES),
        revision=st.sampled_from([*[None] * 4, "current", "old"]),
        dry_run=st.sampled_from([*[False] * 5, True]),
    )
    def mutate(
        self,
        data: st.DataObject,
        choice: tuple[ProviderKey, str],
        revision: str | None,
        *,
        dry_run: bool,
    ) -> None:
        """Send one mutation and, in the same document, read a group."""
        key, mutation = choice
        catalog = self.catalogs[key]
        generator = MutationGenerator(data.draw, catalog, invalid_products(key))
        request, other = generator.request(mutation), generator.existing_group()
        expectation = expect(catalog, request)
        arguments = request.arguments() | {"dryRun": dry_run}
        if revision is not None and mutation in HAS_REVISION:
            arguments["ifRevision"] = self.revision(request, revision)
            self.expect_revision(request, expectation, revision)
        self.gateway.clear_calls()
        response = self.send(mutation, arguments, other)
        self.check(request, expectation, response["payload"], dry_run=dry_run)
        group = response["other"]["group"]
        assert matches_group(group, catalog.group(other), is_ordered=catalog.is_ordered)

    def send(self, mutation: str, arguments: dict[str, Any], other: GroupRef) -> dict[str, Any]:
        """Send the mutation and the read of another group in one document."""
        return self.execute(
            f"mutation({declared(mutation, arguments)}, $other: ID!) {{"
            f" {call(mutation, selection(mutation), arguments)}"
            " other: groupAssignProducts(id: $other, productIds: [], dryRun: true) {"
            f" group {{ ...held }} }} }} {fragments(mutation)}",
            **arguments,
            other=encode_id(other),
        )

    def revision(self, request: MutationRequest, wanted: str) -> str:
        """Return the target's current revision if it is wanted and exists, or an old one."""
        target = request.target
        if wanted == "current" and target and self.catalogs[request.provider].has(target):
            return str(self.execute(REVISION, id=encode_id(target))["node"]["revision"])
        return "old"

    def expect_revision(
        self, request: MutationRequest, expectation: Expectation, given: str
    ) -> None:
        """Add the errors of a revision to an expectation."""
        if ("UNSUPPORTED", None) in expectation.before_reads:
            return
        if not self.catalogs[request.provider].has(request.target):
            expectation.after_reads.add(("NOT_FOUND", (request.target_argument,)))
        elif given == "old":
            expectation.after_reads.add(("STALE", ("ifRevision",)))

    def check(
        self, request: MutationRequest, expectation: Expectation, payload: Json, *, dry_run: bool
    ) -> None:
        """Compare a payload and the writes with an expectation, whose effect is applied."""
        catalog, errors = self.catalogs[request.provider], error_keys(payload)
        assert expectation.allows(errors, dry_run=dry_run), (errors, expectation)
        assert self.gateway.call_counts().keys() <= {request.provider.value}
        collection = catalog.collection(request.target)
        before = collection.products if collection else set()
        was_sent = not dry_run and not expectation.is_refused_before_writes
        new_ids = created_ids(payload)
        if was_sent:
            expectation.apply(new_ids)
        writes = take_writes(self.gateway)
        check_writes(payload, writes, errors, was_sent=was_sent)
        if writes:  # otherwise nothing can have changed
            assert read_catalog(self.sandbox, catalog.key).state() == catalog.state()
        check_nodes(request, catalog, payload, errors, new_ids)
        check_deleted(request, payload, is_done=was_sent and not errors)
        group = catalog.group(request.target)
        check_product_ids(request, group, payload, errors, was_sent=was_sent)
        check_excluded(request, catalog, payload, before)
        SEEN[request.mutation, was_sent and not errors] += 1


def test_the_vendors_always_equal_the_model() -> None:
    """Every mutation succeeds at least once and fails at least once."""
    SEEN.clear()
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=quiet)  # otherwise every call is logged
    run_state_machine_as_test(
        Mutations,
        settings=settings(
            max_examples=36,
            stateful_step_count=35,
            derandomize=True,
            deadline=None,
            phases=[Phase.generate],  # add Phase.shrink to look into a failure: it takes minutes
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    expected = {
        (mutation, has_succeeded) for mutation in MUTATIONS for has_succeeded in (False, True)
    }
    assert SEEN.keys() == expected
