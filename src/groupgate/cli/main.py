"""The command `groupgate` and its subcommands."""

from typing import Annotated, Final

import typer

from groupgate import __version__
from groupgate.cli.check import check
from groupgate.cli.config import config
from groupgate.cli.sandbox import sandbox
from groupgate.cli.schema import schema
from groupgate.cli.serve import serve
from groupgate.cli.token import token
from groupgate.domain.refs import ProviderKey

_VENDORS: Final = ", ".join(key.display_name for key in ProviderKey)

app = typer.Typer(
    help=f"One GraphQL API for the product groups of several billing vendors: {_VENDORS}.",
    epilog="To try it without vendor keys: groupgate serve --sandbox",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(sandbox)
app.command()(check)
app.command()(config)
app.command()(schema)
app.command()(token)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"groupgate {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass
