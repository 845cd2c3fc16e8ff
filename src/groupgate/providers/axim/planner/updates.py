"""The PUT that makes nearly every change, and why it is refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from groupgate.domain.catalog import Group
from groupgate.domain.errors import Refused, UpstreamError, WriteOutcome
from groupgate.domain.planner import Plan, PlannedWrite, PlanResult, Step
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import NotFound, Refusal, UserErrorCode
from groupgate.providers.axim import mapping
from groupgate.providers.axim.client import NEW_GROUP_PATH, AximClient, group_path

_WORDS = {"name": "name", "status": "status", "restrictAccess": "access"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """All that one PUT is to do to a group; `fields` are as the vendor takes them."""

    fields: mapping.Body = field(default_factory=dict)
    add: Sequence[ProductRef] = ()
    remove: Sequence[ProductRef] = ()

    @property
    def body(self) -> mapping.Body:
        """The body to be sent; an empty one changes nothing."""
        return self.fields | mapping.members_body(self.add, self.remove)

    def call(self, ref: GroupRef | None) -> PlannedWrite:
        """The PUT as it is told; without a ref, to a group that is not made yet."""
        label = f"group {ref.native_id}" if ref else "new group"
        return PlannedWrite(
            method="PUT",
            path=group_path(ref) if ref else NEW_GROUP_PATH,
            description=f"In the {label}, {' and '.join(self._clauses())}.",
        )

    def _clauses(self) -> Iterator[str]:
        if self.fields:
            yield f"change its {', '.join(_WORDS[name] for name in self.fields)}"
        if self.add:
            yield f"add {_counted(self.add)}"
        if self.remove:
            yield f"take out {_counted(self.remove)}"


class Updates:
    """Makes updates."""

    def __init__(self, client: AximClient, reads: Provider) -> None:
        self._client = client
        self._reads = reads

    def plan(self, ref: GroupRef, update: Update) -> Plan:
        """One PUT, whose answer shows the group; none if there is nothing to change."""
        call, made = update.call(ref), PlanResult()
        if not update.body:
            return Plan()

        async def send() -> None:
            made.entity = await self.send(ref, update)

        step = Step(call=call, send=send, products=(*update.add, *update.remove))
        return Plan(stages=((step,),), result=made)

    def of_new_group(self, made: PlanResult, update: Update) -> Step:
        """A step that changes the group that a step before it makes."""

        async def send() -> None:
            if made.group is None:
                raise AssertionError  # no step is made before the stage before it is done
            made.entity = await self.send(made.group, update)

        return Step(call=update.call(None), send=send, products=tuple(update.add))

    async def send(self, ref: GroupRef, update: Update) -> Group | None:
        """Change a group now; return it if the answer shows it."""
        try:
            record = await self._client.update_product_group(ref, update.body)
        except Refused as refused:
            is_open = refused.refusals[0].code is UserErrorCode.INVALID
            unknown = await self._unknown(update.add) if is_open else []
            raise Refused(*unknown or refused.refusals) from None
        return mapping.group(record) if record and record.id == ref.native_id else None

    async def _unknown(self, products: Sequence[ProductRef]) -> list[Refusal]:
        """The products that are not there, which a 400 does not tell, so that a read has to.

        One of them refuses the whole update (documented), and nothing of it is applied (assumed).
        """
        known = await self._reads.get_products(products)
        for answer in known.values():
            if isinstance(answer, UpstreamError):
                answer.outcome = WriteOutcome.NOT_APPLIED
                raise answer
        message = "This product does not exist, or no longer."
        return [NotFound(message=message, about=one) for one in products if one not in known]


def _counted(products: Sequence[ProductRef]) -> str:
    return "1 product" if len(products) == 1 else f"{len(products)} products"
