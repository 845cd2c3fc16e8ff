"""The clients that run on Node: an npm package with scripts and tools."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any, NoReturn

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePackage:
    """A folder with a package.json."""

    folder: Path

    def install(self) -> None:
        """Install the dependencies once; skip the test if that fails, but not in CI."""
        if shutil.which("npm") is None:
            _skip("needs node and npm")
        with (self.folder / "package.json").open() as file:
            flock(file, LOCK_EX)  # the processes of one run install it once
            if not (self.folder / "node_modules").exists():
                command = ["npm", "ci", "--no-audit", "--no-fund"]
                if subprocess.run(command, cwd=self.folder, check=False).returncode:
                    _skip("npm could not install the clients")

    def run_json(self, script: str, *arguments: str) -> Any:
        """Run a script and return the JSON that it prints; a warning is a failure."""
        # Node's own warnings, such as deprecations, do not concern the gateway.
        done = _run("node", "--no-warnings", script, *arguments, cwd=self.folder)
        assert done.stderr == ""
        return json.loads(done.stdout)

    def tool(self, name: str, *arguments: str, cwd: Path | None = None) -> str:
        """Run a command of an installed package and return what it prints."""
        command = str(self.folder / "node_modules" / ".bin" / name)
        return _run(command, *arguments, cwd=cwd or self.folder).stdout

    def generated(self, name: str) -> Path:
        """Return an empty folder for generated files, which are not committed."""
        folder = self.folder / "generated" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


def _run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def _skip(why: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"not to be skipped in CI: {why}")
    pytest.skip(why)
