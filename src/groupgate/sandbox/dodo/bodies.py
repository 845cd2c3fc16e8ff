"""What the vendor accepts as request bodies (documented, apart from extra fields being ignored)."""

from groupgate.sandbox.dodo.prices import PRICE
from groupgate.sandbox.dodo.shapes import (
    Shape,
    boolean,
    integer,
    many,
    nullable,
    one_of,
    pairs,
    record,
    scalar,
    text,
    uuid,
)

_EFFECTIVE_AT = nullable(one_of("immediately", "next_billing_date"))
_PRORATION = nullable(
    one_of(
        "prorated_immediately",
        "full_immediately",
        "difference_immediately",
        "do_not_bill",
        "prorated_immediately_keep_cycle",
    )
)
PLAN_CHANGES: dict[str, Shape] = {
    "effective_at_on_upgrade": _EFFECTIVE_AT,
    "effective_at_on_downgrade": _EFFECTIVE_AT,
    "proration_billing_mode_on_upgrade": _PRORATION,
    "proration_billing_mode_on_downgrade": _PRORATION,
    "on_payment_failure": nullable(one_of("prevent_change", "apply_change")),
}

_ENTRIES = {"products": many(record({"product_id": text()}, {"status": nullable(boolean)}))}

CREATE_GROUP = record(_ENTRIES, {"group_name": nullable(text()), "status": nullable(boolean)})
PATCH_GROUP = record(
    {},
    {
        "group_name": nullable(text()),
        "product_order": nullable(many(uuid)),
        "status": nullable(boolean),
    },
)
ADD_ITEMS = record(_ENTRIES)
PATCH_ITEM = record({"status": boolean})

CREATE_COLLECTION = record(
    {"name": text(), "groups": many(CREATE_GROUP)},
    {"brand_id": nullable(text()), "description": nullable(text()), **PLAN_CHANGES},
)
PATCH_COLLECTION = record(
    {},
    {
        "name": nullable(text()),
        "brand_id": nullable(text()),
        "description": nullable(text()),
        "image_id": nullable(uuid),
        "group_order": nullable(many(uuid)),
        **PLAN_CHANGES,
    },
)
PUT_TRANSLATION = record({}, {"name": nullable(text()), "description": nullable(text())})

_NAME, _DESCRIPTION = text(100), nullable(text(1000))
_TAX_CATEGORY = one_of("digital_products", "saas", "e_book", "edtech", "live_tutoring")
_METADATA = pairs(scalar, most=50, longest_key=40)
_PRODUCT: dict[str, Shape] = {
    "description": _DESCRIPTION,
    "brand_id": nullable(text()),
    "addons": nullable(many(text())),
    "pricing_mode": nullable(one_of("by_currency", "by_country")),
    "license_key_enabled": nullable(boolean),
    "license_key_activation_message": nullable(text()),
    "license_key_activations_limit": nullable(integer()),
    "license_key_duration": nullable(
        record({"count": integer(), "interval": one_of("Day", "Week", "Month", "Year")})
    ),
    "digital_product_delivery": nullable(
        record(
            {},
            {
                "external_url": nullable(text()),
                "instructions": nullable(text()),
                "files": many(text(), most=0),  # uploading files is not played, so there are none
            },
        )
    ),
    "credit_entitlements": nullable(
        many(record({"credit_entitlement_id": text(), "credits_amount": text()}), most=5)
    ),
    "entitlements": nullable(many(record({"entitlement_id": text()}), most=50)),
}
CREATE_PRODUCT = record(
    {"name": _NAME, "price": PRICE, "tax_category": _TAX_CATEGORY},
    {**_PRODUCT, "metadata": _METADATA},
)
PATCH_PRODUCT = record(
    {},
    {
        **_PRODUCT,
        "name": nullable(_NAME),
        "price": nullable(PRICE),
        "tax_category": nullable(_TAX_CATEGORY),
        "metadata": nullable(_METADATA),
        "image_id": nullable(uuid),
    },
)
