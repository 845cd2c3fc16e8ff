"""Faults that a call can meet on its way to a vendor and back."""

import json
from collections.abc import Callable, Mapping

from tests.faults.proxy import Call, Fault

_MEBIBYTE = b" " * 1024 * 1024


async def no_fault(call: Call) -> None:
    """Forward the call and return the vendor's response."""
    response = await call.forward()
    await call.send(response.head, b"\r\n\r\n", response.body)


def respond(status: int, body: bytes = b"", **headers: str) -> Fault:
    """Return a fault that responds in the vendor's place; the call is not forwarded."""

    async def fault(call: Call) -> None:
        await call.send(_head(status, len(body), headers), body)

    return fault


def corrupted(change: Callable[[bytes], bytes], content_type: str = "application/json") -> Fault:
    """Return a fault that forwards the call and changes the body of the response."""

    async def fault(call: Call) -> None:
        body = change((await call.forward()).body)
        await call.send(_head(200, len(body), {"Content_Type": content_type}), body)

    return fault


def corrupted_if_successful(
    change: Callable[[bytes], bytes], content_type: str = "application/json"
) -> Fault:
    """Return a fault like `corrupted` that leaves a response with an error status as it is."""

    async def fault(call: Call) -> None:
        response = await call.forward()
        if _is_success(response.head):
            body = change(response.body)
            await call.send(_head(200, len(body), {"Content_Type": content_type}), body)
        else:
            await call.send(response.head, b"\r\n\r\n", response.body)

    return fault


def first(count: int, fault: Fault) -> Fault:
    """Return a fault that only the first `count` calls meet."""

    async def limited(call: Call) -> None:
        await (fault if call.number <= count else no_fault)(call)

    return limited


def after(count: int, fault: Fault) -> Fault:
    """Return a fault that all but the first `count` calls meet."""

    async def limited(call: Call) -> None:
        await (fault if call.number > count else no_fault)(call)

    return limited


async def response_delayed(call: Call) -> None:
    """Forward the call and hold the response until the end of the test."""
    await call.forward()
    await call.released.wait()


async def reset(call: Call) -> None:
    """Reset the connection; the vendor does not receive the call."""
    call.reset()


async def response_lost(call: Call) -> None:
    """Forward the call and reset the connection before the response."""
    await call.forward()
    call.reset()


async def reset_in_body(call: Call) -> None:
    """Forward the call and reset the connection in the middle of the response body."""
    response = await call.forward()
    await call.send(_head(200, 1000, {"Content_Type": "application/json"}), response.body[:20])
    call.reset()


async def huge_body(call: Call) -> None:
    """Forward the call and respond with 50 MiB, announced in Content-Length."""
    await call.forward()
    await call.send(_head(200, 50 * len(_MEBIBYTE), {}), *([_MEBIBYTE] * 50))


async def endless_body(call: Call) -> None:
    """Forward the call and respond with chunks that never end."""
    await call.forward()
    await call.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await call.send(b"%x\r\n" % len(_MEBIBYTE), _MEBIBYTE, b"\r\n")


def error_body() -> bytes:
    """Return a body that reports a failure in the format of all three vendors at once."""
    body = {"success": False, "code": "INTERNAL", "error_code": "INTERNAL", "message": "no"}
    return json.dumps(body).encode()


def _is_success(head: bytes) -> bool:
    return head.split(maxsplit=2)[1].startswith(b"2")


def _head(status: int, length: int, headers: Mapping[str, str]) -> bytes:
    given = {"Content_Length": str(length), "Connection": "close", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items()]
    return "\r\n".join([f"HTTP/1.1 {status} Fault", *lines, "", ""]).encode()
