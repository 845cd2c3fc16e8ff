"""The three simulated vendors as one ASGI app, each below its own path."""

from groupgate.sandbox.axim import AximSimulator
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.sandbox.simulator import (
    Receive,
    Request,
    Response,
    Scope,
    Send,
    Simulator,
    raw_path,
    read_request,
    send_response,
)
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator

_DODO = "/dodo"
_AXIM = "/axim"
_TWO_CHECKOUT = "/2checkout/rest/6.0"

# Credentials of the simulators only; no vendor accepts them.
_API_KEY = "sk_test_sandbox"
_ACCESS_TOKEN = "axim-sandbox-token"  # noqa: S105
_MERCHANT_CODE = "SANDBOX1"
_SECRET_KEY = "sandbox-secret-key"  # noqa: S105


class Sandbox:
    """An ASGI app that simulates every vendor; `unlimited` turns Dodo's rate limits off."""

    def __init__(self, *, unlimited: bool = False) -> None:
        self.dodo = (
            DodoSimulator(
                api_key=_API_KEY, prefix=_DODO, rate_per_second=None, rate_per_minute=None
            )
            if unlimited
            else DodoSimulator(api_key=_API_KEY, prefix=_DODO)
        )
        self.axim = AximSimulator(access_token=_ACCESS_TOKEN, prefix=_AXIM)
        self.two_checkout = TwoCheckoutSimulator(
            merchant_code=_MERCHANT_CODE, secret_key=_SECRET_KEY, prefix=_TWO_CHECKOUT
        )
        self._simulators: dict[str, Simulator] = {
            _DODO: self.dodo,
            _AXIM: self.axim,
            _TWO_CHECKOUT: self.two_checkout,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the simulator whose path it has."""
        if scope["type"] == "lifespan":
            await _run_lifespan(receive, send)
        elif scope["type"] == "http":
            simulator = self._simulator_at(raw_path(scope))
            if simulator is not None:
                await simulator(scope, receive, send)
            else:
                await send_response(send, _index(await read_request(scope, receive)))

    def environment(self, base_url: str) -> dict[str, str]:
        """Return the variables that make a gateway use this sandbox, served at `base_url`."""
        root = base_url.rstrip("/")
        return {
            "DODO_PAYMENTS_API_KEY": _API_KEY,
            "DODO_PAYMENTS_BASE_URL": root + _DODO,
            "AXIM_ACCESS_TOKEN": _ACCESS_TOKEN,
            "AXIM_BASE_URL": root + _AXIM,
            "TWOCHECKOUT_MERCHANT_CODE": _MERCHANT_CODE,
            "TWOCHECKOUT_SECRET_KEY": _SECRET_KEY,
            "TWOCHECKOUT_BASE_URL": root + _TWO_CHECKOUT,
        }

    def reset(self) -> None:
        """Restore the seed data of every simulator."""
        for simulator in self._simulators.values():
            simulator.reset()

    def _simulator_at(self, path: str) -> Simulator | None:
        for prefix, simulator in self._simulators.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                return simulator
        return None


def _index(request: Request) -> Response:
    if request.segments:
        return Response(status=404, body={"message": "No simulator serves this path"})
    vendors = {"dodo": _DODO, "axim": _AXIM, "2checkout": _TWO_CHECKOUT}
    return Response(body={"name": "groupgate sandbox", "vendors": vendors})


async def _run_lifespan(receive: Receive, send: Send) -> None:
    """Follow the ASGI lifespan protocol; the simulators open and close nothing."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
