"""All three played vendors under one roof, each below a path of its own."""

from groupgate.sandbox.asgi import Answer, Call, JsonApp, Receive, Scope, Send
from groupgate.sandbox.axim import AximSimulator
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator

Played = DodoSimulator | AximSimulator | TwoCheckoutSimulator

_DODO = "/dodo"
_AXIM = "/axim"
_TWO_CHECKOUT = "/2checkout/rest/6.0"

# They open nothing but the simulators.
_API_KEY = "sk_test_sandbox"
_ACCESS_TOKEN = "axim-sandbox-token"  # noqa: S105
_MERCHANT_CODE = "SANDBOX1"
_SECRET_KEY = "sandbox-secret-key"  # noqa: S105


class Sandbox:
    """An ASGI app that plays every vendor; `unlimited` plays Dodo without its rate limits."""

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
        self._simulators: dict[str, Played] = {
            _DODO: self.dodo,
            _AXIM: self.axim,
            _TWO_CHECKOUT: self.two_checkout,
        }
        self._elsewhere = JsonApp(_about)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the vendor whose path it asks for."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            path: bytes = scope.get("raw_path") or scope["path"].encode()
            await self._app(path.decode("latin-1"))(scope, receive, send)

    def environment(self, base_url: str) -> dict[str, str]:
        """Return the variables that point a gateway at this sandbox, served at `base_url`."""
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
        """Take every vendor back to its seed."""
        for simulator in self._simulators.values():
            simulator.reset()

    def _app(self, path: str) -> Played | JsonApp:
        for prefix, simulator in self._simulators.items():
            if path == prefix or path.startswith(f"{prefix}/"):
                return simulator
        return self._elsewhere


def _about(call: Call) -> Answer:
    if call.segments:
        return Answer(status=404, body={"message": "No vendor is played here"})
    vendors = {"dodo": _DODO, "axim": _AXIM, "2checkout": _TWO_CHECKOUT}
    return Answer(body={"name": "groupgate sandbox", "vendors": vendors})


async def _live(receive: Receive, send: Send) -> None:
    """Follow the lifespan protocol: nothing has to be opened or closed."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
