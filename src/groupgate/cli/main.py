"""The command `groupgate` and its sub-commands."""

from typing import Annotated

import typer

from groupgate import __version__
from groupgate.cli.check import check
from groupgate.cli.sandbox import sandbox
from groupgate.cli.schema import schema
from groupgate.cli.serve import serve
from groupgate.cli.token import token

app = typer.Typer(
    help="One GraphQL API over the product groups of Dodo Payments, Axim Commerce and 2Checkout.",
    epilog="To look around with no keys: groupgate serve --sandbox",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(sandbox)
app.command()(check)
app.command()(schema)
app.command()(token)


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"groupgate {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
