"""`groupgate schema`: prints, writes or checks the GraphQL schema."""

from pathlib import Path
from typing import Annotated

import typer

from groupgate.cli.errors import fail
from groupgate.schema.build import schema_sdl
from groupgate.schema.federation import subgraph_of


def schema(
    write: Annotated[bool, typer.Option("--write", help="Write the schema to the file.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 if the file differs from the schema.")
    ] = False,
    federation: Annotated[
        bool,
        typer.Option("--federation", help="The subgraph of Apollo Federation 2, to compose it."),
    ] = False,
    file: Annotated[Path, typer.Option(help="The file for --write and --check.")] = Path(
        "schema.graphql"
    ),
) -> None:
    """Print the GraphQL schema, or write or check the file that contains it."""
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
