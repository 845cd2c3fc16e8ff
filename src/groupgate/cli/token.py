"""`groupgate token`: makes a token, its secret for the caller and its line for the gateway."""

import typer

from groupgate.app.auth.tokens import BadLineError, line_of, make_secret
from groupgate.cli.errors import fail


def token(name: str, scopes: list[str]) -> None:
    """Print the line of a new token, and its secret to standard error."""
    secret = make_secret()
    try:
        line = line_of(name, secret, scopes)
    except BadLineError as error:
        fail(str(error))
    typer.echo(f"Secret (shown only once): {secret}", err=True)
    typer.echo(line)
