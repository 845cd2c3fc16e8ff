"""Judges the response to a mutation by the vendor's writes and catalog, and counts verdicts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from groupgate.domain.refs import ProductRef, ProviderKey
from groupgate.schema.ids import decode_id_of
from tests.e2e.gateway import matches_plan
from tests.e2e.model.catalog import Catalog
from tests.e2e.model.checks import check_deleted, check_excluded, check_nodes
from tests.e2e.model.expectation import NewIds
from tests.e2e.model.mutation import MutationRequest
from tests.e2e.model.rules import predict
from tests.faults.writes.intermediate_states import is_intermediate
from tests.faults.writes.partial_failures import PartialFailure, UserError
from tests.faults.writes.partial_moves import PartialMove

Json = Mapping[str, Any]
Write = tuple[str, str, Any]
"""Method, path and body of a write that arrived at the vendor."""


_PRODUCT_ID_FIELDS: Final = {"assignedProductIds": True, "unassignedProductIds": False}
"""Payload fields with the ids of products, and True if the group has them."""


class Verdict(Enum):
    """The outcome that a client was told, where it agrees with the vendor's state."""

    DONE = "done"
    REFUSED = "refused"
    INCOMPLETE = "incomplete"
    NOT_APPLIED = "not applied"
    ROLLED_BACK = "rolled back"
    UNKNOWN_HELD = "unknown, and held"
    UNKNOWN_NOT_HELD = "unknown, and not held"

    @property
    def is_unchanged(self) -> bool:
        """True if the vendor's catalog is unchanged and the client was told so."""
        return self in {Verdict.NOT_APPLIED, Verdict.ROLLED_BACK}


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts the faults and verdicts, so that a test can assert that each has occurred."""

    writes: Counter[str] = field(default_factory=Counter)
    """Writes by the fault that they met."""
    reads: Counter[str] = field(default_factory=Counter)
    """Reads by the fault that they met."""
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    """Mutations that succeeded."""
    repeated: Counter[tuple[Verdict, Verdict]] = field(default_factory=Counter)
    """Mutations executed again with the same key: the first verdict and the second one."""
    replayed: Counter[Verdict] = field(default_factory=Counter)
    """Mutations whose response was replayed."""

    def report(self) -> str:
        """Return all counts as text, for a long run."""
        lines = {
            "mutations": sum(self.verdicts.values()),
            "verdicts": {each.value: count for each, count in self.verdicts.most_common()},
            "writes": dict(self.writes),
            "reads": dict(self.reads),
            "done": dict(self.done),
            "repeated": {f"{a.value} > {b.value}": n for (a, b), n in self.repeated.items()},
            "replayed": {each.value: count for each, count in self.replayed.items()},
        }
        return "\n".join(f"{name}: {value}" for name, value in lines.items())


@dataclass(frozen=True, kw_only=True)
class Execution:
    """One mutation that was sent once, with its response and what arrived at the vendor."""

    request: MutationRequest
    before: Catalog
    after: Catalog
    response: Json
    writes: Sequence[Write]

    def judge(self) -> Verdict:
        """Assert that the response agrees with the vendor's state; return the verdict."""
        self._check_no_repeated_write()
        payload = self.response["data"] and self.response["data"]["payload"]
        return self._judge_error() if payload is None else self._judge_payload(payload)

    def _check_no_repeated_write(self) -> None:
        for index, write in enumerate(self.writes):
            assert write not in self.writes[:index], f"{write} was sent twice"

    def _judge_error(self) -> Verdict:
        (error,) = self.response["errors"]
        assert error["path"] == ["payload"], error
        is_unchanged = self.after.state() == self.before.state()
        if error["extensions"]["outcome"] == "NOT_APPLIED":
            assert is_unchanged, f"NOT_APPLIED is reported, but the catalog has changed: {error}"
            is_rolled_back = "rolled back" in error["message"]
            return Verdict.ROLLED_BACK if is_rolled_back else Verdict.NOT_APPLIED
        assert error["extensions"]["outcome"] == "UNKNOWN", error
        assert error["extensions"]["retryable"] is False, error
        assert self._is_intermediate(), "the catalog is in no state that the writes lead to"
        return Verdict.UNKNOWN_NOT_HELD if is_unchanged else Verdict.UNKNOWN_HELD

    def _is_intermediate(self) -> bool:
        new_ids = created_between(self.before, self.after)
        return is_intermediate(self.before, self.after, self.request, new_ids)

    def _judge_payload(self, payload: Json) -> Verdict:
        errors = [
            UserError(
                code=error["code"],
                field=None if error["field"] is None else tuple(error["field"]),
                message=with_message["message"],
            )
            for error, with_message in zip(payload["userErrors"], payload["messages"], strict=True)
        ]
        new_ids = created_between(self.before, self.after)
        requested, expected = predict(self.before, self.request, new_ids)
        possible = expected.before_reads | expected.after_reads | expected.after_writes
        if any(each.code == "INCOMPLETE" for each in errors):
            self._check_partial_failure(errors, requested)
        else:
            assert bool(errors) is bool(possible), f"{errors} where {possible} is possible"
            assert self.after.state() == requested.state(), "the catalog is not as reported"
        self._check_nodes(payload, errors)
        self._check_product_ids(payload)
        return _verdict(errors)

    def _check_partial_failure(self, errors: Sequence[UserError], requested: Catalog) -> None:
        catalogs = {"before": self.before, "after": self.after, "requested": requested}
        takes_two_writes = self.request.provider is not ProviderKey.TWO_CHECKOUT
        if self.request.mutation == "groupMoveProducts" and takes_two_writes:
            # A refusal beside them says why the move was given up, not where products are.
            where = [each for each in errors if each.code == "INCOMPLETE"]
            PartialMove(request=self.request, errors=where, **catalogs).check()
        else:
            PartialFailure(request=self.request, errors=errors, **catalogs).check()
            assert self._is_intermediate(), "the catalog is in no state that the writes lead to"

    def _check_product_ids(self, payload: Json) -> None:
        """Assert that the group has the assigned products and none of the unassigned ones."""
        group = self.after.group(self.request.target)
        members = group.members if group else {}
        for name, is_in in _PRODUCT_ID_FIELDS.items():
            for product in payload.get(name, ()):
                ref = decode_id_of(ProductRef, product)
                assert (ref.native_id in members) is is_in, (name, ref)

    def _check_nodes(self, payload: Json, errors: Sequence[UserError]) -> None:
        """Assert that the payload's nodes equal the vendor's, unless a read failed."""
        if not errors:
            writes = sorted((method, path) for method, path, _ in self.writes)
            plan = sorted(payload["plan"], key=lambda call: (call["method"], call["path"]))
            assert matches_plan(plan, writes), (payload["plan"], writes)
        if "errors" in self.response:
            return
        keys = {(each.code, each.field) for each in errors}
        new_ids = created_between(self.before, self.after)
        check_nodes(self.request, self.after, payload, keys, new_ids)
        check_deleted(self.request, payload, is_done=not errors)
        if not errors:
            collection = self.before.collection(self.request.target)
            products = collection.products if collection else set()
            places = self.response.get("extensions", {}).get("unreadable", [])
            unreadable = [place["jsonPath"] for place in places]
            check_excluded(self.request, self.after, payload, products, unreadable)


def created_between(before: Catalog, after: Catalog) -> NewIds:
    """Return the ids of the group and the collection that were created: at most one of each."""
    groups = {each.ref for each in after.groups} - {each.ref for each in before.groups}
    collections = {each.ref for each in after.collections}
    collections -= {each.ref for each in before.collections}
    assert len(groups) <= 1, "two groups were created"
    assert len(collections) <= 1, "two collections were created"
    created = {"group": [each.native_id for each in groups]}
    created["collection"] = [each.native_id or "" for each in collections]
    return {name: native_id for name, ids in created.items() for native_id in ids}


def _verdict(errors: Sequence[UserError]) -> Verdict:
    if not errors:
        return Verdict.DONE
    is_incomplete = any(each.code == "INCOMPLETE" for each in errors)
    return Verdict.INCOMPLETE if is_incomplete else Verdict.REFUSED
