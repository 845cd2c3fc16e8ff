"""`groupgate schema`: prints, writes or checks the GraphQL schema."""

from pathlib import Path

import typer

from groupgate.cli.errors import fail
from groupgate.schema.build import schema_sdl
from groupgate.schema.federation import subgraph_of


def schema(file: Path, *, write: bool, check: bool, federation: bool) -> None:
    """Print the schema, or write or check the file; end with 1 if that differs."""
    sdl = subgraph_of(schema_sdl()) if federation else schema_sdl()
    if write:
        file.write_text(sdl, encoding="utf-8")
    elif check:
        _check(file, sdl)
    else:
        typer.echo(sdl, nl=False)


def _check(file: Path, sdl: str) -> None:
    if not file.exists() or file.read_text(encoding="utf-8") != sdl:
        fail(f"{file} differs from the schema of this code. Run: groupgate schema --write", 1)
    typer.echo(f"{file} is current.")
