"""The six operations on products; documented by samples and clients more than by pages."""

from dataclasses import replace
from typing import Any

from groupgate.sandbox.asgi import Answer, Call
from groupgate.sandbox.two_checkout.answers import RefusedError, created, done, invalid
from groupgate.sandbox.two_checkout.catalog import GENERAL, Catalog, Json, Product
from groupgate.sandbox.two_checkout.fields import DEFAULTS, is_code, written_fields
from groupgate.sandbox.two_checkout.search import asked_page, matching
from groupgate.sandbox.two_checkout.shapes import product_shape

_FIRST_NEW_ID = 4_600_000


def list_products(catalog: Catalog, call: Call) -> Answer:
    """Answer a page of the products that pass the filters."""
    page = asked_page(call)
    found = matching(catalog, call)
    return Answer(
        body={
            "Items": [product_shape(catalog, product) for product in page.of(found)],
            "Pagination": {"Page": page.number, "Limit": page.limit, "Count": len(found)},
        }
    )


def get_product(catalog: Catalog, call: Call) -> Answer:
    """Answer one product."""
    return Answer(body=product_shape(catalog, catalog.product(call.segments[1])))


def create_product(catalog: Catalog, call: Call) -> Answer:
    """Create a product, in General unless the body names another group."""
    body = _body(call)
    code = _free_code(catalog, body)
    fields = written_fields(body)
    product = Product(
        code=code,
        avangate_id=_FIRST_NEW_ID + len(catalog.products),
        group_code=_group_code(catalog, body) or GENERAL,
        fields={**DEFAULTS, **fields, **_priced(catalog, {}, fields)},
        review_status="Does not exist",
    )
    catalog.products[code] = product
    return created("products", code)


def update_product(catalog: Catalog, call: Call) -> Answer:
    """Change the settings that were sent; that others stay as they are is assumed."""
    product = catalog.product(call.segments[1])
    body = _body(call)
    code = product.code if body["ProductCode"] == product.code else _free_code(catalog, body)
    fields = written_fields(body)
    if fields.get("ProductType", product.fields["ProductType"]) != product.fields["ProductType"]:
        raise invalid("ProductType")  # It cannot be changed (documented).
    changed = replace(
        product,
        code=code,
        group_code=_group_code(catalog, body) or product.group_code,
        fields={**product.fields, **fields, **_priced(catalog, product.fields, fields)},
    )
    catalog.replace_product(product.code, changed)
    return done()


def enable_product(catalog: Catalog, call: Call) -> Answer:
    """Put a product on sale."""
    return _switch(catalog, call, on=True)


def disable_product(catalog: Catalog, call: Call) -> Answer:
    """Take a product off sale; DELETE deletes nothing."""
    return _switch(catalog, call, on=False)


def _switch(catalog: Catalog, call: Call, *, on: bool) -> Answer:
    product = catalog.product(call.segments[1])
    fields = product.fields | {"Enabled": on}
    catalog.products[product.code] = replace(product, fields=fields)
    return done()


def _body(call: Call) -> Json:
    body: Any = call.json
    if not isinstance(body, dict):
        raise invalid("product")
    if not is_code(body.get("ProductCode")):
        raise invalid("ProductCode")
    if "ProductName" not in body:
        raise invalid("ProductName")
    return body


def _free_code(catalog: Catalog, body: Json) -> str:
    code: str = body["ProductCode"]
    if code in catalog.products:
        raise RefusedError("PRODUCT_CODE_NOT_UNIQUE", "A product with this code already exists")
    return code


def _group_code(catalog: Catalog, body: Json) -> str | None:
    """Return the code of the group that a body names by code or name, if it names one."""
    asked = body.get("ProductGroup")
    if asked is None:
        return None
    if isinstance(asked, dict):
        wanted = (asked.get("Code"), asked.get("Name"))
        for group in catalog.groups.values():
            if wanted[0] == group.code or (wanted[0] is None and wanted[1] == group.name):
                return group.code
    raise invalid("ProductGroup")


def _priced(catalog: Catalog, before: Json, fields: Json) -> Json:
    """Return the pricing configurations with codes; neither code nor schema can be changed."""
    if "PricingConfigurations" not in fields:
        return {}
    known = {each["Code"]: each for each in before.get("PricingConfigurations", [])}
    priced = [_with_code(catalog, known, each) for each in fields["PricingConfigurations"]]
    return {"PricingConfigurations": priced}


def _with_code(catalog: Catalog, known: dict[str, Json], configuration: Json) -> Json:
    code = configuration.get("Code")
    if code is None:
        return {**configuration, "Code": catalog.new_code()}
    schema = known.get(code, configuration).get("PricingSchema")
    if (known and code not in known) or configuration.get("PricingSchema", schema) != schema:
        raise invalid("PricingConfigurations")
    return configuration
