"""`groupgate sandbox`: the vendor simulators alone, for gateways and other clients."""

import typer
import uvicorn

from groupgate.sandbox.app import Sandbox


def sandbox(host: str, port: int) -> None:
    """Serve the simulators until a signal arrives; print the variables that connect to them."""
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
