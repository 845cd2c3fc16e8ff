"""The command `groupgate` and its subcommands: their options, and what each of them runs.

Nothing of the program is imported before a command runs: a shell that completes a word waits for
this module.
"""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from typer.main import get_command

from groupgate import __version__
from groupgate.app.auth.caller import SCOPES
from groupgate.domain.refs import ProviderKey

_VENDORS: Final = ", ".join(key.display_name for key in ProviderKey)

_ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="TOML file of settings, by the names of their variables. Default: GROUPGATE_CONFIG.",
        show_default=False,
    ),
]
"""The option of every command that reads settings."""

app = typer.Typer(
    help=f"One GraphQL API for the product groups of several billing vendors: {_VENDORS}.",
    epilog="To try it without vendor keys: groupgate serve --sandbox",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def run() -> None:
    """Run the command that the arguments name, and end the process with its status."""
    try:
        sys.exit(get_command(app).main(standalone_mode=False))
    except typer.TyperException as error:
        from groupgate.cli.arguments import fail_for_arguments

        fail_for_arguments(error)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    uds: Annotated[
        Path | None, typer.Option(help="Listen on this Unix socket, not on a port.")
    ] = None,
    root_path: Annotated[
        str, typer.Option(help="Path prefix of the gateway behind a proxy, such as /catalogue.")
    ] = "",
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Simulate the vendors instead of calling them.")
    ] = False,
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Number of processes, which share a Redis.")
    ] = 1,
    federation: Annotated[
        bool, typer.Option("--federation", help="Serve a subgraph of Apollo Federation 2.")
    ] = False,
    config: _ConfigFile = None,
) -> None:
    """Serve the GraphQL API and the explorer, with every vendor that is configured.

    Set DODO_PAYMENTS_API_KEY, AXIM_ACCESS_TOKEN and AXIM_BASE_URL, or TWOCHECKOUT_MERCHANT_CODE
    and TWOCHECKOUT_SECRET_KEY to connect to the real vendors, or use --sandbox.
    """
    from groupgate.cli import serve

    serve.serve(
        host=host,
        port=port,
        uds=uds,
        root_path=root_path,
        sandbox=sandbox,
        workers=workers,
        federation=federation,
        config=config,
    )


@app.command()
def sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 9000,
) -> None:
    """Serve the vendor simulators, and print the variables that connect a gateway to them."""
    from groupgate.cli import sandbox

    sandbox.sandbox(host, port)


@app.command()
def check(config: _ConfigFile = None) -> None:
    """Read the files that the settings name, and call the vendors, the JWT issuer and Redis once.

    Exits with 1 if a call fails, and with 2 if a setting or a file cannot be used. With
    GROUPGATE_LOG_FORMAT=json it logs the results instead of printing a table.
    """
    from groupgate.cli import check

    check.check(config)


@app.command()
def config(config: _ConfigFile = None) -> None:
    """Print the settings that are in force as TOML, each with its source. Secrets are `***`."""
    from groupgate.cli import config as command

    command.config(config)


@app.command()
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
    from groupgate.cli import schema

    schema.schema(file, write=write, check=check, federation=federation)


@app.command()
def token(
    name: Annotated[str, typer.Argument(help="The name of the caller, for the log.")],
    scopes: Annotated[list[str], typer.Argument(help=f"Its scopes: {', '.join(SCOPES)}.")],
) -> None:
    """Make a token. Prints its line to standard output and its secret to standard error.

    groupgate token shop read write:DODO >> tokens adds it to a file for GROUPGATE_TOKENS_FILE. The
    secret is shown only once, because the gateway stores a hash of it.
    """
    from groupgate.cli import token

    token.token(name, scopes)


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
