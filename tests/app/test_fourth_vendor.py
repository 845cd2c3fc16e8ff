"""A fourth vendor takes a folder in `providers/` and one member of ProviderKey."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CODE = HERE.parents[1] / "src" / "groupgate"

LAST_MEMBER = '    TWO_CHECKOUT = "TWO_CHECKOUT", "2Checkout"\n'
NEW_MEMBER = '    TOY = "TOY", "Toy Vendor"\n'


@pytest.mark.slow
def test_a_folder_and_one_enum_member_add_a_vendor(tmp_path: Path) -> None:
    """Nothing else of the code is edited; one call answers the whole query."""
    copy = tmp_path / "groupgate"
    shutil.copytree(CODE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        HERE / "toy_vendor",
        copy / "providers" / "toy",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    refs = copy / "domain" / "refs.py"
    text = refs.read_text(encoding="utf-8")
    assert LAST_MEMBER in text
    refs.write_text(text.replace(LAST_MEMBER, LAST_MEMBER + NEW_MEMBER), encoding="utf-8")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GROUPGATE_", "TOY_"))}
    own = {"PYTHONPATH": str(tmp_path), "GROUPGATE_TOY_RATE_PER_MINUTE": "90"}
    done = subprocess.run(
        [sys.executable, "-P", str(HERE / "query_toy_vendor.py")],
        cwd=tmp_path,
        env=kept | own,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    output = json.loads(done.stdout.splitlines()[-1])
    assert Path(output.pop("code")).parent == copy
    assert output == {
        "response": {
            "data": {
                "provider": {
                    "name": "Toy Vendor",
                    "productCollections": {
                        "nodes": [
                            {
                                "name": "Attic",
                                "groups": {
                                    "nodes": [
                                        {
                                            "name": "Trains",
                                            "products": {"nodes": [{"name": "Engine"}]},
                                        },
                                        {"name": "Dolls", "products": {"nodes": []}},
                                    ]
                                },
                            },
                            {"name": "Cellar", "groups": {"nodes": []}},
                        ]
                    },
                }
            }
        },
        "calls": ["GET https://toys.example/v1/rooms key"],
        "rates": [{"calls": 5, "is_fixed": False}, {"calls": 90, "is_fixed": True}],
        "scopes": ["read:TOY", "write:TOY"],
        "accounts": [
            {
                "account": name,
                "productCollections": {
                    "nodes": [{"name": f"key of {name}", "provider": {"account": name}}]
                },
            }
            for name in ("shop", "outlet")
        ],
        "enum": ["TOY"],
    }
