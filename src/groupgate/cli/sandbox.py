"""`groupgate sandbox`: the played vendors alone, for gateways and other clients to call."""

from typing import Annotated

import typer
import uvicorn

from groupgate.sandbox.app import Sandbox


def sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 9000,
) -> None:
    """Play the vendors on a port, and print the variables that point a gateway at them."""
    played = Sandbox()
    for name, value in played.environment(f"http://{host}:{port}").items():
        typer.echo(f"export {name}={value}")
    uvicorn.run(played, host=host, port=port, log_level="warning", server_header=False)
