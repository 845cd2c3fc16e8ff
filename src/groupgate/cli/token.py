"""`groupgate token`: a new token, its secret for the caller and its line for the gateway."""

from typing import Annotated

import typer

from groupgate.app.auth.permissions import SCOPES
from groupgate.app.auth.tokens import BadLineError, line_of, make_secret


def token(
    name: Annotated[str, typer.Argument(help="Who calls with it; stands in the log.")],
    scopes: Annotated[list[str], typer.Argument(help=f"What it opens: {', '.join(SCOPES)}.")],
) -> None:
    """Make a token. Its line goes to standard output, its secret to standard error.

    groupgate token shop read write:DODO >> tokens adds it to a file for GROUPGATE_TOKENS_FILE. The
    secret is shown this once: the gateway keeps a hash of it only.
    """
    secret = make_secret()
    try:
        line = line_of(name, secret, scopes)
    except BadLineError as error:
        typer.secho(f"groupgate: {error}", err=True, fg=typer.colors.RED)
        raise typer.Exit(2) from None
    typer.echo(f"Secret, shown this once: {secret}", err=True)
    typer.echo(line)
