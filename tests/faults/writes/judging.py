"""Holds one answer to a mutation against what the vendor was sent and what it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from groupgate.domain.refs import ProductRef, ProviderKey
from groupgate.schema.ids import decode_id_of
from tests.e2e.model.asking import Asked
from tests.e2e.model.catalogue import Shop
from tests.e2e.model.checking import check_deleted, check_excluded, check_shown
from tests.e2e.watching import fits
from tests.faults.writes.claims import Claims, Told
from tests.faults.writes.halfway import is_on_the_way
from tests.faults.writes.move_claims import MoveClaims
from tests.faults.writes.vendors import new_ids, ruled

Json = Mapping[str, Any]
Write = tuple[str, str, Any]
"""Method, path and body of a write that the vendor was given."""


_STANDING: Final = {"assignedProductIds": True, "unassignedProductIds": False}
"""Lists of products that stand as asked, and whether that is in the group."""


class Verdict(Enum):
    """What a client was told, and what was so."""

    DONE = "done"
    REFUSED = "refused"
    INCOMPLETE = "incomplete"
    NOT_APPLIED = "not applied"
    TAKEN_BACK = "taken back"
    UNKNOWN_HELD = "unknown, and held"
    UNKNOWN_NOT_HELD = "unknown, and not held"

    @property
    def is_untouched(self) -> bool:
        """Whether the vendor is as it was, and the client knows it."""
        return self in {Verdict.NOT_APPLIED, Verdict.TAKEN_BACK}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One mutation that was sent once."""

    asked: Asked
    before: Shop
    after: Shop
    answer: Json
    writes: Sequence[Write]
    """All that arrived at the vendor."""

    def judge(self) -> Verdict:
        """See that all that is told is so."""
        self._check_once()
        payload = self.answer["data"] and self.answer["data"]["payload"]
        return self._judge_error() if payload is None else self._judge_payload(payload)

    def _check_once(self) -> None:
        for index, write in enumerate(self.writes):
            assert write not in self.writes[:index], f"{write} was made twice"

    def _judge_error(self) -> Verdict:
        (error,) = self.answer["errors"]
        assert error["path"] == ["payload"], error
        is_as_before = self.after.shown() == self.before.shown()
        if error["extensions"]["outcome"] == "NOT_APPLIED":
            assert is_as_before, f"it is told not to be applied: {error}"
            is_taken_back = "rolled back" in error["message"]
            return Verdict.TAKEN_BACK if is_taken_back else Verdict.NOT_APPLIED
        assert error["extensions"]["outcome"] == "UNKNOWN", error
        assert error["extensions"]["retryable"] is False, error
        assert self._is_on_the_way, "neither applied, nor in part, nor not at all"
        return Verdict.UNKNOWN_NOT_HELD if is_as_before else Verdict.UNKNOWN_HELD

    @property
    def _is_on_the_way(self) -> bool:
        made = new_ids(self.before, self.after)
        return is_on_the_way(self.before, self.after, self.asked, made)

    def _judge_payload(self, payload: Json) -> Verdict:
        told = [
            Told(
                code=error["code"],
                field=None if error["field"] is None else tuple(error["field"]),
                message=why["message"],
            )
            for error, why in zip(payload["userErrors"], payload["told"], strict=True)
        ]
        made = new_ids(self.before, self.after)
        result, ruling = ruled(self.before, self.asked, made)
        wrong = ruling.plain | ruling.checked | ruling.answered
        if any(each.code == "INCOMPLETE" for each in told):
            self._check_claims(told, result)
        else:
            assert bool(told) is bool(wrong), f"{told} is told where {wrong} is wrong"
            assert self.after.shown() == result.shown(), "it is not held as told"
        self._check_shown(payload, told)
        self._check_standing(payload)
        return _verdict(told)

    def _check_claims(self, told: Sequence[Told], result: Shop) -> None:
        shops = {"before": self.before, "after": self.after, "result": result}
        is_two_writes = self.asked.provider is not ProviderKey.TWO_CHECKOUT
        if self.asked.mutation == "groupMoveProducts" and is_two_writes:
            # A refusal beside them says why it was given up, and not where products are.
            where = [each for each in told if each.code == "INCOMPLETE"]
            MoveClaims(asked=self.asked, told=where, **shops).check()
        else:
            Claims(asked=self.asked, told=told, **shops).check()
            assert self._is_on_the_way, "not a part of what was to be done"

    def _check_standing(self, payload: Json) -> None:
        """Products that are told to stand as asked do."""
        group = self.after.group(self.asked.target)
        members = group.members if group else {}
        for name, is_in in _STANDING.items():
            for product in payload.get(name, ()):
                ref = decode_id_of(ProductRef, product)
                assert (ref.native_id in members) is is_in, (name, ref)

    def _check_shown(self, payload: Json, told: Sequence[Told]) -> None:
        """What is shown is what is held, unless it could not be read."""
        if not told:
            writes = sorted((method, path) for method, path, _ in self.writes)
            plan = sorted(payload["plan"], key=lambda call: (call["method"], call["path"]))
            assert fits(plan, writes), (payload["plan"], writes)
        if "errors" in self.answer:
            return
        complaints = {(each.code, each.field) for each in told}
        made = new_ids(self.before, self.after)
        check_shown(self.asked, self.after, payload, complaints, made)
        check_deleted(self.asked, payload, is_done=not told)
        if not told:
            collection = self.before.collection(self.asked.target)
            held = collection.products if collection else set()
            check_excluded(self.asked, self.after, payload, held)


def _verdict(told: Sequence[Told]) -> Verdict:
    if not told:
        return Verdict.DONE
    is_incomplete = any(each.code == "INCOMPLETE" for each in told)
    return Verdict.INCOMPLETE if is_incomplete else Verdict.REFUSED
