"""A fake 2Checkout whose responses the vendor's pages neither promise nor exclude."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import httpx

Json = Any
GroupFilter = Callable[[Mapping[str, Json], str], bool]


def group(code: str, name: str) -> dict[str, Json]:
    """Return a group as JSON."""
    return {"Code": code, "Name": name}


def product(code: str, its_group: Json = None) -> dict[str, Json]:
    """Return a product as JSON, whose record names this group or none."""
    return {"ProductCode": code, "ProductName": f"Product {code}", "ProductGroup": its_group}


def is_named(row: Mapping[str, Json], name: str) -> bool:
    """Return True if the product's record names a group with exactly this name."""
    return bool(row["ProductGroup"]) and row["ProductGroup"]["Name"] == name


class UndocumentedVendor(httpx.MockTransport):
    """Serves these lists; `group_filter` is its meaning of the parameter GroupName."""

    def __init__(
        self,
        groups: Sequence[Json],
        products: Sequence[Json],
        *,
        group_filter: GroupFilter = is_named,
        has_total: bool = True,
    ) -> None:
        super().__init__(self._respond)
        self.groups = groups
        self.products = products
        self.group_of_product: dict[str, Json] = {}
        """The responses for the group of a product, by the product's code."""
        self.failures: dict[str, int] = {}
        """The statuses of paths that fail."""
        self.calls: list[str] = []
        self._group_filter = group_filter
        self._has_total = has_total

    def _respond(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode().removeprefix("/6.0")
        self.calls.append(unquote(target))
        path = target.partition("?")[0]
        if path in self.failures:
            return httpx.Response(self.failures[path])
        found = self._find(path, dict(request.url.params))
        return httpx.Response(404) if found is None else httpx.Response(200, json=found)

    def _find(self, path: str, params: Mapping[str, str]) -> Json:
        match [unquote(segment) for segment in path.strip("/").split("/")]:
            case ["productgroups"]:
                return self.groups
            case ["productgroups", code]:
                return next((row for row in self.groups if row["Code"] == code), None)
            case ["products"]:
                return self._page(params)
            case ["products", code]:
                return next((row for row in self.products if row["ProductCode"] == code), None)
            case ["products", code, "productgroups"]:
                return self.group_of_product.get(code)
        return None

    def _page(self, params: Mapping[str, str]) -> Json:
        name = params.get("GroupName")
        rows = [row for row in self.products if name is None or self._group_filter(row, name)]
        limit, page = int(params["Limit"]), int(params["Page"])
        items = rows[limit * (page - 1) : limit * page]
        if not self._has_total:
            return items
        return {"Items": items, "Pagination": {"Page": page, "Limit": limit, "Count": len(rows)}}
