"""Random changes at all vendors over HTTP, beside a model of the catalogue that never differs."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
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
from tests.e2e.gateway import DIRECT, Gateway, open_gateway
from tests.e2e.model import axim, dodo, two_checkout
from tests.e2e.model.asking import HAS_REVISION, Asked, GivenRef
from tests.e2e.model.catalogue import Json, Shop, axim_shop, dodo_shop, two_checkout_shop
from tests.e2e.model.checking import (
    check_deleted,
    check_excluded,
    check_shown,
    check_standing,
    check_writes,
    complaints,
)
from tests.e2e.model.drawing import MUTATIONS, Drawing
from tests.e2e.model.ruling import Rule, Ruling
from tests.e2e.model.showing import fits_group, fragments, new_ids, selection
from tests.e2e.mutations import call, declared
from tests.e2e.watching import writes

RULES: Final[Mapping[ProviderKey, Mapping[str, Rule]]] = {
    ProviderKey.DODO: dodo.RULES,
    ProviderKey.AXIM: axim.RULES,
    ProviderKey.TWO_CHECKOUT: two_checkout.RULES,
}
CALLED: Final = [
    *((key, mutation) for key, rules in RULES.items() for mutation in [*rules, *rules]),
    *((key, mutation) for key in ProviderKey for mutation in MUTATIONS),
]
"""Mutations at vendors; most often such as the vendor can make."""
REVISION: Final = (
    "query($id: ID!) { node(id: $id) { ... on Group { revision }"
    " ... on ProductCollection { revision } } }"
)
PRIMING: Final = "{ providers { productCollections { nodes { groups { nodes { id } } } } } }"
SEEN: Final[Counter[tuple[str, bool]]] = Counter()
"""How often each mutation went through, and how often not."""


def held(sandbox: Sandbox, key: ProviderKey) -> Shop:
    """What a vendor holds."""
    match key:
        case ProviderKey.DODO:
            return dodo_shop(sandbox.dodo.snapshot())
        case ProviderKey.AXIM:
            return axim_shop(sandbox.axim.snapshot())
        case ProviderKey.TWO_CHECKOUT:
            return two_checkout_shop(sandbox.two_checkout.snapshot())


def strangers(key: ProviderKey) -> list[GivenRef]:
    """What is no product of a vendor."""
    other = ProviderKey.AXIM if key is ProviderKey.DODO else ProviderKey.DODO
    return [
        None,
        CollectionRef(provider=key),
        ProductRef(provider=key, native_id="unknown"),
        ProductRef(provider=other, native_id="foreign"),
    ]


SANDBOX: Final = Sandbox(unlimited=True)
SEED: Final = {key: held(SANDBOX, key) for key in ProviderKey}


def ruled(shop: Shop, asked: Asked) -> Ruling:
    """What is to come of a mutation, whatever the terms."""
    is_new = asked.mutation == "productCollectionCreate"
    is_collection = asked.target_argument == "collectionId" or asked.mutation.startswith("product")
    kind = CollectionRef if is_collection else GroupRef
    if not is_new and not isinstance(asked.target, kind):
        return Ruling(plain={("INVALID", (asked.target_argument,))})
    rule_of = RULES[shop.key].get(asked.mutation)
    return Ruling(plain={("UNSUPPORTED", None)}) if rule_of is None else rule_of(shop, asked)


class Changes(RuleBasedStateMachine):
    """Sends mutations, and does to the model what they should do to the vendors."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.sandbox = SANDBOX
        self.sandbox.reset()
        self.shops = {key: deepcopy(shop) for key, shop in SEED.items()}
        self.gateway: Gateway

    @initialize(cache_ttl=st.sampled_from([0, 3600]))
    def open(self, cache_ttl: int) -> None:
        """Open a gateway that keeps what it reads for no time, or for long."""
        upstream = DIRECT.model_copy(update={"cache_ttl": cache_ttl})
        opening = open_gateway(self.sandbox, upstream=upstream)
        self.gateway = self.runner.run(self.stack.enter_async_context(opening))
        self.ask(PRIMING)  # for at 2Checkout only a read tells which group is the general one

    def teardown(self) -> None:
        """Close the gateway, and look at all vendors once more."""
        self.runner.run(self.stack.aclose())
        self.runner.close()
        for key, shop in self.shops.items():
            assert held(self.sandbox, key).shown() == shop.shown()

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send a document; return its data."""
        return self.runner.run(self.gateway.data(query, **variables))

    @rule(
        data=st.data(),
        called=st.sampled_from(CALLED),
        revision=st.sampled_from([*[None] * 4, "now", "old"]),
        dry_run=st.sampled_from([*[False] * 5, True]),
    )
    def change(
        self,
        data: st.DataObject,
        called: tuple[ProviderKey, str],
        revision: str | None,
        *,
        dry_run: bool,
    ) -> None:
        """One mutation, and in the same document a look at some group."""
        key, mutation = called
        shop = self.shops[key]
        drawing = Drawing(data.draw, shop, strangers(key))
        asked, look = drawing.asked(mutation), drawing.known_group()
        ruling = ruled(shop, asked)
        arguments = asked.arguments() | {"dryRun": dry_run}
        if revision is not None and mutation in HAS_REVISION:
            arguments["ifRevision"] = self.revision(asked, revision)
            self.rule_revision(asked, ruling, revision)
        self.gateway.clear()
        answer = self.send(mutation, arguments, look)
        self.check(asked, ruling, answer["payload"], dry_run=dry_run)
        assert fits_group(answer["look"]["group"], shop.group(look), is_ordered=shop.is_ordered)

    def send(self, mutation: str, arguments: dict[str, Any], look: GroupRef) -> dict[str, Any]:
        """Send both in one document."""
        return self.ask(
            f"mutation({declared(mutation, arguments)}, $look: ID!) {{"
            f" {call(mutation, selection(mutation), arguments)}"
            " look: groupAssignProducts(id: $look, productIds: [], dryRun: true) {"
            f" group {{ ...held }} }} }} {fragments(mutation)}",
            **arguments,
            look=encode_id(look),
        )

    def revision(self, asked: Asked, wanted: str) -> str:
        """The revision to give: the one that holds, if there is any, or one that does not."""
        if wanted == "now" and self.shops[asked.provider].has(asked.target):
            node = self.ask(REVISION, id=encode_id(asked.target))["node"]  # type: ignore[arg-type]
            return str(node["revision"])
        return "old"

    def rule_revision(self, asked: Asked, ruling: Ruling, given: str) -> None:
        """Say what a revision adds to a ruling."""
        if ("UNSUPPORTED", None) in ruling.plain:
            return
        if not self.shops[asked.provider].has(asked.target):
            ruling.checked.add(("NOT_FOUND", (asked.target_argument,)))
        elif given == "old":
            ruling.checked.add(("STALE", ("ifRevision",)))

    def check(self, asked: Asked, ruling: Ruling, payload: Json, *, dry_run: bool) -> None:
        """Hold a payload and what was written against a ruling, and make true what it says."""
        shop, told = self.shops[asked.provider], complaints(payload)
        assert ruling.allows(told, dry_run=dry_run), (told, ruling)
        assert self.gateway.counts().keys() <= {asked.provider.value}
        collection = shop.collection(asked.target)
        before = collection.products if collection else set()
        was_sent = not dry_run and not ruling.is_seen
        made = new_ids(payload)
        if was_sent:
            ruling.follow(made)
        written = writes(self.gateway)
        check_writes(payload, written, told, was_sent=was_sent)
        if written:  # else nothing can have changed
            assert held(self.sandbox, shop.key).shown() == shop.shown()
        check_shown(asked, shop, payload, told, made)
        check_deleted(asked, payload, is_done=was_sent and not told)
        group = shop.group(asked.target)
        check_standing(asked, group, payload, told, was_sent=was_sent)
        check_excluded(asked, shop, payload, before)
        SEEN[asked.mutation, was_sent and not told] += 1


def test_the_vendors_never_differ_from_the_model() -> None:
    """Every mutation has gone through, and has been refused."""
    SEEN.clear()
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=quiet)  # every call to a vendor would be written to the log
    run_state_machine_as_test(
        Changes,
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
    expected = {(mutation, went) for mutation in MUTATIONS for went in (False, True)}
    assert SEEN.keys() == expected
