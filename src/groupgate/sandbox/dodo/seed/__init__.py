"""The first catalogue of the simulator: a made-up software house, the same at each start."""

from collections.abc import Callable

from groupgate.sandbox.dodo.catalog import Catalog
from groupgate.sandbox.dodo.seed.academy import ACADEMY
from groupgate.sandbox.dodo.seed.business import BUSINESS_ID, brands, credits_by_name, entitlements
from groupgate.sandbox.dodo.seed.cloud import CLOUD
from groupgate.sandbox.dodo.seed.crm import CRM, CRM_2024
from groupgate.sandbox.dodo.seed.desk import DESK
from groupgate.sandbox.dodo.seed.loose import LOOSE
from groupgate.sandbox.dodo.seed.planting import Planting
from groupgate.sandbox.dodo.seed.writers import WRITERS

_COLLECTIONS = (CRM_2024, CRM, CLOUD, WRITERS, ACADEMY, DESK)


def catalog(clock: Callable[[], float]) -> Catalog:
    """Make the catalogue anew."""
    empty = Catalog(
        business_id=BUSINESS_ID,
        clock=clock,
        brands={brand.id: brand for brand in brands()},
        entitlements={each["id"]: each for each in entitlements().values()},
        credits={each["id"]: each for each in credits_by_name().values()},
    )
    planting = Planting(empty)
    for collection in _COLLECTIONS:
        planting.collection(collection)
    for product in LOOSE:
        planting.product(product)
    return empty
