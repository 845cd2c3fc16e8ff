"""The Docker image: its Dockerfile, its health check, and the program without what it leaves out.

`deploy/image/build` builds the image and checks the rest, where buildah is installed.
"""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

import pytest

ROOT: Final = Path(__file__).parents[2]
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text(encoding="utf-8")
EXCLUDES: Final = ROOT / "deploy/image/excludes.txt"
HEALTHCHECK: Final = ROOT / "deploy/image/healthcheck.py"


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_base_is_pinned_by_version_and_digest() -> None:
    """The label names the same version."""
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases[1:] == ["base", "base"]
    image = re.fullmatch(r"python:(3\.\d+\.\d+-slim-trixie)@sha256:[0-9a-f]{64}", bases[0])
    assert image
    assert f'base.name="docker.io/library/python:{image[1]}"' in DOCKERFILE


def test_everything_that_is_installed_is_locked_with_hashes() -> None:
    installs = re.findall(r"pip install(.*?)(?: \\\n    &&|\n\n|\n[A-Z])", DOCKERFILE, re.DOTALL)
    assert len(installs) == 3
    for options in installs:
        assert "--require-hashes" in options or "--build-constraints" in options


def _address() -> Callable[[list[str]], tuple[str, int] | str]:
    spec = importlib.util.spec_from_file_location("healthcheck", HEALTHCHECK)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("Callable[[list[str]], tuple[str, int] | str]", module.address)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("serve", ("127.0.0.1", 8000)),
        ("serve --host 0.0.0.0 --port 8000", ("127.0.0.1", 8000)),
        ("serve --port=9000 --host=::", ("::1", 9000)),
        ("serve --sandbox --host 10.0.0.7 --port 80", ("10.0.0.7", 80)),
        ("serve --port 1 --port 2", ("127.0.0.1", 2)),
        ("serve --uds /run/gateway.sock --port 80", "/run/gateway.sock"),
    ],
)
def test_the_health_check_asks_the_address_of_the_command(
    arguments: str, expected: tuple[str, int] | str
) -> None:
    command = ["tini", "--", "env", "--block-signal=TERM", "groupgate", *arguments.split()]
    assert _address()(command) == expected


def excluded() -> list[str]:
    """Return the packages that the image leaves out."""
    lines = EXCLUDES.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


WITHOUT: Final = """
import sys
for name in {names}:
    sys.modules[name] = None
from groupgate.__main__ import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "status", "printed"),
    [
        (["--help"], 0, "One GraphQL API"),
        (["serve", "--help"], 0, "--sandbox"),
        (["serve", "--port", "x"], 2, "should be a valid integer"),
        (["check"], 1, "No vendor is configured."),
        (["schema"], 0, "type Query"),
    ],
)
def test_the_commands_run_without_what_the_image_leaves_out(
    tmp_path: Path, arguments: list[str], status: int, printed: str
) -> None:
    assert excluded() == ["rich", "markdown-it-py", "mdurl", "pygments", "tzdata", "pycparser"]
    names = ["markdown_it" if name == "markdown-it-py" else name for name in excluded()]
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("GROUPGATE_", "DODO_", "AXIM_"))
    }
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(names=names), *arguments],
        cwd=tmp_path,
        env={**kept, "TYPER_USE_RICH": "0", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert printed in done.stdout + done.stderr
