"""`groupgate token`: makes a token, its secret for the caller and its line for the gateway."""

from typing import Annotated

import typer

from groupgate.app.auth.caller import SCOPES
from groupgate.app.auth.tokens import BadLineError, line_of, make_secret
from groupgate.cli.errors import fail


def token(
    name: Annotated[str, typer.Argument(help="The name of the caller, for the log.")],
    scopes: Annotated[list[str], typer.Argument(help=f"Its scopes: {', '.join(SCOPES)}.")],
) -> None:
    """Make a token. Prints its line to standard output and its secret to standard error.

    groupgate token shop read write:DODO >> tokens adds it to a file for GROUPGATE_TOKENS_FILE. The
    secret is shown only once, because the gateway stores a hash of it.
    """
    secret = make_secret()
    try:
        line = line_of(name, secret, scopes)
    except BadLineError as error:
        fail(str(error))
    typer.echo(f"Secret (shown only once): {secret}", err=True)
    typer.echo(line)
