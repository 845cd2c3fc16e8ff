"""Replaces this process by Tailcall, with a configuration for a port.

`python -m benchmarks.peers.tailcall PORT FOLDER SETTINGS`, with the upstream's address in UPSTREAM.
SETTINGS are "no cache", "cache" (of the upstream's responses) or "deduplication" (of equal queries
that are running). Tailcall returns what the upstream returns: it cannot encode ids.
"""

import os
import sys
from pathlib import Path
from typing import Final

from benchmarks.peers.subjects import NODE

PROGRAM: Final = NODE / "node_modules/@tailcallhq/core-linux-x64-gnu/bin/tailcall"
_SCHEMA: Final = """
schema @server(port: %(port)s, hostname: "127.0.0.1")
  @upstream(poolMaxIdlePerHost: 64) { query: Query }
type Query {
  collection(id: String!): Collection %(cache)s @http(
    url: "{{.env.UPSTREAM}}/product-collections/{{.args.id}}"
    headers: [{ key: "authorization", value: "Bearer key" }]
    dedupe: %(dedupe)s
  )
}
type Collection @addField(name: "first_group_name", path: ["groups", "0", "group_name"]) {
  id: String
  name: String
  groups: [Group!]
}
type Group { group_id: String group_name: String products: [Product!] }
type Product { product_id: String name: String price_detail: Price }
type Price { currency: String price: Int }
"""


def main(port: str, folder: str, settings: str) -> None:
    """Write the configuration and run Tailcall."""
    file = Path(folder, f"tailcall-{port}.graphql")
    given = {
        "port": port,
        "dedupe": str(settings == "deduplication").lower(),
        "cache": "@cache(maxAge: 3600000)" if settings == "cache" else "",
    }
    file.write_text(_SCHEMA % given, encoding="utf-8")
    os.execv(PROGRAM, [str(PROGRAM), "start", str(file)])  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])
