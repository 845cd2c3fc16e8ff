"""What can happen to a call on its way to a vendor and back."""

import json
from collections.abc import Callable, Mapping

from tests.faults.proxy import Call, Fault

_MEBIBYTE = b" " * 1024 * 1024


async def none(call: Call) -> None:
    """It arrives, and so does the answer."""
    reply = await call.forward()
    await call.send(reply.head, b"\r\n\r\n", reply.body)


def answered(status: int, body: bytes = b"", **headers: str) -> Fault:
    """The vendor says this in place of doing anything."""

    async def meet(call: Call) -> None:
        await call.send(_head(status, len(body), headers), body)

    return meet


def garbled(change: Callable[[bytes], bytes], kind: str = "application/json") -> Fault:
    """The vendor does as it is told, and its answer is changed."""

    async def meet(call: Call) -> None:
        body = change((await call.forward()).body)
        await call.send(_head(200, len(body), {"Content_Type": kind}), body)

    return meet


def spoiled(change: Callable[[bytes], bytes], kind: str = "application/json") -> Fault:
    """The same where the vendor has done it; where it has refused, it is heard to do so."""

    async def meet(call: Call) -> None:
        reply = await call.forward()
        if _is_success(reply.head):
            body = change(reply.body)
            await call.send(_head(200, len(body), {"Content_Type": kind}), body)
        else:
            await call.send(reply.head, b"\r\n\r\n", reply.body)

    return meet


def first(count: int, fault: Fault) -> Fault:
    """So many calls meet the fault; then the vendor is back."""

    async def meet(call: Call) -> None:
        await (fault if call.number <= count else none)(call)

    return meet


def after(count: int, fault: Fault) -> Fault:
    """So many calls pass; the others meet the fault."""

    async def meet(call: Call) -> None:
        await (fault if call.number > count else none)(call)

    return meet


async def held(call: Call) -> None:
    """It arrives, and the answer does not come in time."""
    await call.forward()
    await call.released.wait()


async def reset(call: Call) -> None:
    """The connection breaks when the call has been sent."""
    call.reset()


async def answer_lost(call: Call) -> None:
    """The vendor does as it is told; then the connection breaks."""
    await call.forward()
    call.reset()


async def reset_in_body(call: Call) -> None:
    """The same, in the middle of the answer."""
    reply = await call.forward()
    await call.send(_head(200, 1000, {"Content_Type": "application/json"}), reply.body[:20])
    call.reset()


async def huge(call: Call) -> None:
    """The answer has 50 MiB, and says so."""
    await call.forward()
    await call.send(_head(200, 50 * len(_MEBIBYTE), {}), *([_MEBIBYTE] * 50))


async def endless(call: Call) -> None:
    """The answer comes in pieces, and never ends."""
    await call.forward()
    await call.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await call.send(b"%x\r\n" % len(_MEBIBYTE), _MEBIBYTE, b"\r\n")


def error_inside() -> bytes:
    """A failure as each vendor writes it, all in one."""
    told = {"success": False, "code": "INTERNAL", "error_code": "INTERNAL", "message": "no"}
    return json.dumps(told).encode()


def _is_success(head: bytes) -> bool:
    return head.split(maxsplit=2)[1].startswith(b"2")


def _head(status: int, length: int, headers: Mapping[str, str]) -> bytes:
    given = {"Content_Length": str(length), "Connection": "close", **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items()]
    return "\r\n".join([f"HTTP/1.1 {status} Told", *lines, "", ""]).encode()
