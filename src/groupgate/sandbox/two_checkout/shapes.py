"""Groups and products as the API shows them."""

from groupgate.sandbox.two_checkout.catalog import Catalog, Group, Json, Product


def group_shape(group: Group) -> Json:
    """Return a group."""
    return {
        "Name": group.name,
        "Code": group.code,
        "TemplateName": group.template_name,
        "Description": group.description,
    }


def product_shape(catalog: Catalog, product: Product) -> Json:
    """Return a product with its group embedded."""
    group = group_shape(catalog.group(product.group_code)) if product.shows_group else None
    return {
        "AvangateId": product.avangate_id,
        "ProductCode": product.code,
        **product.fields,
        "ProductGroup": group,
    }
