"""`groupgate schema`: the contract with clients, printed, written or checked."""

from pathlib import Path
from typing import Annotated

import typer

from groupgate.schema.build import schema_sdl


def schema(
    write: Annotated[bool, typer.Option("--write", help="Write it to the file.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 if the file differs from it.")
    ] = False,
    file: Annotated[Path, typer.Option(help="The file for --write and --check.")] = Path(
        "schema.graphql"
    ),
) -> None:
    """Print the GraphQL schema, or keep a file in step with it."""
    sdl = schema_sdl()
    if write:
        file.write_text(sdl, encoding="utf-8")
    elif check:
        _check(file, sdl)
    else:
        typer.echo(sdl, nl=False)


def _check(file: Path, sdl: str) -> None:
    if not file.exists() or file.read_text(encoding="utf-8") != sdl:
        typer.secho(
            f"{file} is not the schema of this code. Run: groupgate schema --write",
            err=True,
            fg=typer.colors.RED,
        )
        raise typer.Exit(1)
    typer.echo(f"{file} is current.")
