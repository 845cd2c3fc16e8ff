"""Finds out why Axim rejected an update: status 400 does not say which product was the reason."""

from collections.abc import Sequence

from groupgate.domain.errors import Refused
from groupgate.domain.planner import write_not_applied
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProductRef
from groupgate.domain.refusals import Refusal, UserErrorCode, not_found
from groupgate.upstream.results import unwrap


class RejectionDiagnosis:
    """Reads the products of a rejected update, to refuse those that do not exist."""

    def __init__(self, reads: Provider) -> None:
        self._reads = reads

    async def diagnose(self, error: Refused, products: Sequence[ProductRef]) -> Refused:
        """Return the error to raise for a rejected update that adds these products."""
        if error.refusals[0].code is not UserErrorCode.INVALID:
            return error
        missing = await self._find_missing(products)
        return Refused(*missing) if missing else error

    async def _find_missing(self, products: Sequence[ProductRef]) -> list[Refusal]:
        """Refuse the products that do not exist.

        One of them rejects the whole update (documented), of which nothing is applied (assumed).
        """
        with write_not_applied():
            found = await self._reads.get_products(products)
            for result in found.values():
                unwrap(result)
        return [not_found(product) for product in products if product not in found]
