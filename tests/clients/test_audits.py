"""The audits of the npm package `graphql-http`, which ask what clients rely on."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any, NoReturn

import pytest

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors
from groupgate.domain.refs import ProviderKey
from tests.app.live import served
from tests.fakes import FakeProvider

FOLDER = Path(__file__).parent / "audits"


@pytest.mark.anyio
async def test_all_61_audits_pass() -> None:
    await _install()
    vendors = Vendors(providers={ProviderKey.DODO: FakeProvider()}, clients=())
    async with served(create_app(vendors, Settings.model_construct())) as port:
        found: list[dict[str, Any]] = json.loads(
            await _run("node", "run.mjs", f"http://127.0.0.1:{port}/graphql")
        )
    assert [audit for audit in found if audit["status"] != "ok"] == []
    assert len(found) == 61


async def _install() -> None:
    """Install the package once; skip where that cannot be done, but not in CI."""
    if shutil.which("npm") is None:
        _give_up("needs node and npm")
    if not (FOLDER / "node_modules").exists():
        try:
            await _run("npm", "ci", "--no-audit", "--no-fund")
        except ChildProcessError:
            _give_up("npm could not install the audits")


def _give_up(why: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"not to be skipped in CI: {why}")
    pytest.skip(why)


async def _run(*command: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=FOLDER, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise ChildProcessError(command)
    return output
