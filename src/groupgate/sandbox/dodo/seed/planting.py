"""Turns the rows of the seed into records, with dates and images made from their position.

Prices and lists are shared with the rows: handlers replace such values, they never change them.
"""

from datetime import UTC, datetime, timedelta

from groupgate.sandbox.dodo import ids
from groupgate.sandbox.dodo.attachments import attached_credits
from groupgate.sandbox.dodo.catalog import Catalog
from groupgate.sandbox.dodo.images import image_url
from groupgate.sandbox.dodo.records import Collection, Group, Item, Json, Product, Translation
from groupgate.sandbox.dodo.seed.rows import CollectionRow, GroupRow, ProductRow

_FIRST_DAY = datetime(2025, 1, 13, 8, 30, tzinfo=UTC)
_BETWEEN_PRODUCTS = timedelta(hours=37, minutes=11)
_WITHOUT_IMAGE = 6
"""Each sixth product has no image."""


class Planting:
    """Puts rows into an empty catalogue, one after another."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._brands = {brand.name: brand.id for brand in catalog.brands.values()}
        self._entitlements = {each["name"]: each["id"] for each in catalog.entitlements.values()}
        self._credits = {each["name"]: each["id"] for each in catalog.credits.values()}

    def collection(self, row: CollectionRow) -> None:
        """Plant a collection with its groups and products."""
        collection = Collection(
            id=ids.prefixed("pdc_", row.name),
            brand_id=self._brands[row.brand],
            name=row.name,
            description=row.description,
            image=image_url(ids.uuid(f"image {row.name}")) if row.has_image else None,
            created_at=row.created_at,
            updated_at=row.updated_at,
            plan_changes=dict(row.plan_changes),
            groups=[self._group(row.name, group) for group in row.groups],
            translations=_translations(row),
            archived=row.archived,
        )
        self._catalog.collections[collection.id] = collection

    def _group(self, collection: str, row: GroupRow) -> Group:
        name = f"{collection} / {row.name}"
        items = [
            Item(
                id=ids.uuid(f"{name} / {product.name}"),
                product_id=self.product(product),
                status=product.name not in row.switched_off,
            )
            for product in row.products
        ]
        return Group(id=ids.uuid(name), name=row.name, status=row.status, items=items)

    def product(self, row: ProductRow) -> str:
        """Plant a product and return its id."""
        position = len(self._catalog.products)
        created = _FIRST_DAY + position * _BETWEEN_PRODUCTS
        updated = created + timedelta(days=position % 9 * 11, minutes=position)
        product = Product(
            id=ids.prefixed("pdt_", row.name),
            name=row.name,
            price=row.price,
            description=row.description,
            tax_category=row.tax_category,
            image=_image(row.name, position),
            created_at=_written(created),
            updated_at=_written(updated),
            **self._extra(row.extra),
        )
        self._catalog.products[product.id] = product
        return product.id

    def _extra(self, extra: Json) -> Json:
        """Put ids where the row has names."""
        entries = [
            {"credit_entitlement_id": self._credits[name], "credits_amount": amount}
            for name, amount in extra.get("credits", {}).items()
        ]
        names = extra.get("entitlements", [])
        plain = {key: value for key, value in extra.items() if key not in {"brand", "credits"}}
        return plain | {
            "brand_id": self._brands[extra.get("brand", "Kestrel Works")],
            "entitlements": [self._entitlements[name] for name in names],
            "credit_entitlements": attached_credits(self._catalog, entries),
        }


def _translations(row: CollectionRow) -> dict[str, Translation]:
    return {
        locale: Translation(updated_at=row.updated_at, name=name, description=description)
        for locale, (name, description) in row.translations.items()
    }


def _image(name: str, position: int) -> str | None:
    missing = position % _WITHOUT_IMAGE == _WITHOUT_IMAGE - 1
    return None if missing else image_url(ids.uuid(f"image {name}"))


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
