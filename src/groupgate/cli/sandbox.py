"""`groupgate sandbox`: the vendor simulators alone, for gateways and other clients."""

from typing import Annotated

import typer
import uvicorn

from groupgate.sandbox.app import Sandbox


def sandbox(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 9000,
) -> None:
    """Serve the vendor simulators, and print the variables that connect a gateway to them."""
    simulators = Sandbox()
    for name, value in simulators.environment(f"http://{host}:{port}").items():
        typer.echo(f"export {name}={value}")
    uvicorn.run(
        simulators,
        host=host,
        port=port,
        http="h11",  # "auto" is httptools, which drops the body of a request with `Upgrade: h2c`
        ws="none",
        log_level="warning",
        server_header=False,
    )
