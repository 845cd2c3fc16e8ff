"""Count the source files whose code runs for one request: `python -m benchmarks.files_passed`.

Two requests are traced, each twice: a read of `Group.products` that calls the vendor (cache off),
and a mutation `groupReorderProducts`. The first request also passes the files that check its
document, or compile its plan; the next one finds the document checked. The simulators do not
count, nor does what the app does in tasks that were there before the request. `--list` prints the
files too.
"""
# ruff: noqa: T201 # it prints

import argparse
import asyncio
import sys
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import httpx

import groupgate
from groupgate.app.factory import create_app
from groupgate.app.logs import configure_logs
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.sandbox.app import Sandbox

ROOT = Path(groupgate.__file__).parent

FIRST_GROUP = """{ provider(key: DODO) { productCollections(first: 1) { nodes {
    groups(first: 1) { nodes { id products(first: 50) { nodes { id } } } } } } } }"""
READ = "query ($id: ID!) { group(id: $id) { products(first: 20) { nodes { id name } } } }"
REORDER = """mutation ($id: ID!, $products: [ID!]!) {
    groupReorderProducts(id: $id, productIds: $products) {
        group { name } userErrors { message } } }"""


async def main(*, is_listed: bool) -> None:
    """Trace the requests and print how many files each passes."""
    sandbox = Sandbox()
    settings = Settings.model_construct(cache_ttl=0, cache_stale_if_error=0, log_level="error")
    configure_logs(settings)
    vendors = connect(
        sandbox.environment("http://sandbox"), lambda: httpx.ASGITransport(app=sandbox), settings
    )
    app = create_app(vendors, settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://gateway"
        ) as client,
    ):
        data = await _execute(client, FIRST_GROUP, {})
        group = data["provider"]["productCollections"]["nodes"][0]["groups"]["nodes"][0]
        products = [node["id"] for node in group["products"]["nodes"]]
        reorders = ({"id": group["id"], "products": ids} for ids in (products[::-1], products))
        for name, document, requests in (
            ("read of Group.products", READ, [{"id": group["id"]}] * 2),
            ("groupReorderProducts", REORDER, reorders),
        ):
            for variables, when in zip(requests, ("first", "next"), strict=True):
                with _traced() as files:
                    await _execute(client, document, variables)
                print(f"{name}, {when} request: {len(files)} files")
                if is_listed:
                    print(*(f"  {path}" for path in sorted(files)), sep="\n")


async def _execute(client: httpx.AsyncClient, query: str, variables: object) -> dict[str, Any]:
    response = await client.post("/graphql", json={"query": query, "variables": variables})
    body: dict[str, Any] = response.raise_for_status().json()
    if "errors" in body:
        raise SystemExit(str(body["errors"]))
    data: dict[str, Any] = body["data"]
    return data


@contextmanager
def _traced() -> Iterator[set[str]]:
    files: set[str] = set()
    own = asyncio.current_task()
    background = asyncio.all_tasks() - {own}

    def record(frame: FrameType, event: str, _argument: object) -> None:
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(str(ROOT)) and not _runs_in(background):
            name = str(Path(path).relative_to(ROOT))
            if not name.startswith("sandbox"):
                files.add(name)

    sys.setprofile(record)
    try:
        yield files
    finally:
        sys.setprofile(None)


def _runs_in(tasks: AbstractSet[asyncio.Task[Any]]) -> bool:
    try:
        return asyncio.current_task() in tasks
    except RuntimeError:
        return False


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="print the files")
    asyncio.run(main(is_listed=parser.parse_args().list))
