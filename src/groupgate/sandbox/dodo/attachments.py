"""What a product hands out when it is bought: access, credits, files."""

from groupgate.sandbox.dodo.catalog import Catalog
from groupgate.sandbox.dodo.errors import not_found
from groupgate.sandbox.dodo.records import Json

_CREDIT_SETTINGS: Json = {
    "overage_behavior": "forgive_at_reset",
    "overage_enabled": False,
    "proration_behavior": "no_prorate",
    "rollover_enabled": False,
    "trial_credits_expire_after_trial": False,
}
"""Always these: rollover and overage are not played."""


def attached_entitlements(catalog: Catalog, entries: list[Json]) -> list[str]:
    """Return the ids of entitlements, all of which must exist."""
    chosen = [entry["entitlement_id"] for entry in entries]
    if not catalog.entitlements.keys() >= set(chosen):
        raise not_found("Entitlement")
    return chosen


def attached_credits(catalog: Catalog, entries: list[Json]) -> list[Json]:
    """Return mappings to credit entitlements, all of which must exist."""
    if not catalog.credits.keys() >= {entry["credit_entitlement_id"] for entry in entries}:
        raise not_found("Credit entitlement")
    return [_mapping(catalog, **entry) for entry in entries]


def _mapping(catalog: Catalog, credit_entitlement_id: str, credits_amount: str) -> Json:
    credit = catalog.credits[credit_entitlement_id]
    return {
        "id": catalog.new_uuid(),
        "credit_entitlement_id": credit_entitlement_id,
        "credit_entitlement_name": credit["name"],
        "credit_entitlement_unit": credit["unit"],
        "credits_amount": credits_amount,
        **_CREDIT_SETTINGS,
    }


def delivery(_catalog: Catalog, sent: Json) -> Json:
    """Return a delivery with all its fields."""
    return {"files": [], "external_url": None, "instructions": None, **sent}
