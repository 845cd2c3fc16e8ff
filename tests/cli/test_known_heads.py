"""Heads that are known by their bytes: which are remembered, how many, and for which address."""

from typing import Any, cast

import pytest

from groupgate.app.direct_route import MAX_HEADS, KnownHead, OwnHeaders
from groupgate.cli.known_heads import KnownHeads

HEAD = b"POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Length: 2"
SERVER = ("127.0.0.1", 8000)
KNOWN = cast("KnownHead", object())


def parsed(head: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers in a head."""
    lines = [line.partition(b":") for line in head.split(b"\r\n")[1:]]
    return [(name.lower(), value.strip()) for name, _, value in lines]


def remembering(*heads: bytes, server: Any = SERVER, body_bytes: int = 2) -> KnownHeads:
    """Return known heads after these were remembered."""
    known_heads = KnownHeads()
    for head in heads:
        known_heads.remember(server, head, body_bytes, parsed(head), KNOWN)
    return known_heads


def test_a_head_is_found_with_its_own_headers() -> None:
    heads = remembering(HEAD)
    plain = heads.find(SERVER, HEAD)
    assert plain is not None
    assert (plain.head, plain.known, plain.body_bytes) == (HEAD, KNOWN, 2)
    assert plain.own == OwnHeaders([], "", may_compress=True)
    own = b"\r\nauthorization: Bearer x y\r\nX-Request-ID: 1\r\nCookie: a=b\r\nX-REAL-IP: b"
    for head in (HEAD + own, HEAD.replace(b"\r\nHost", own + b"\r\nHost")):
        found = heads.find(SERVER, head)
        assert found is not None
        assert found.own == OwnHeaders(["Bearer x y"], "1", may_compress=False)
        assert (found.head, found.known, found.body_bytes) == (head, KNOWN, 2)


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace(b"POST", b"post"),
        HEAD.replace(b"1.1", b"1.0"),
        HEAD.replace(b": a", b": b"),
        HEAD + b"\r\nX-Other: 1",
        HEAD + b"\r\nX-Request-Id: a\tb",
        HEAD + b"\r\nX-Request-Id: \xe4",
        HEAD + b"\r\nX-Request-Id: a\nAuthorization: b",
        HEAD + b"\r\nX-Request-Id: a\r",
        HEAD + b"\r\nX-Request-Id: a\r\n b",
        HEAD + b"\r\nX-Request-Id: a\r\n",
        HEAD + b"\r\nX-Request-Id : a",
        HEAD + b"\r\nX-Request-Id: ",
        HEAD + b" \r\nX-Request-Id: a",
        b"X-Request-Id: a\r\n" + HEAD,
        b"\r\nX-Request-Id: a\r\n" + HEAD,
    ],
)
def test_other_bytes_are_not_found(head: bytes) -> None:
    assert remembering(HEAD).find(SERVER, head) is None


@pytest.mark.parametrize(
    ("head", "body_bytes"),
    [
        (HEAD, 1),
        (HEAD, 3),
        (HEAD.replace(b"\r\nContent-Length: 2", b""), 2),
        (HEAD + b"\r\nTransfer-Encoding: chunked", 2),
        (HEAD.replace(b"POST", b"GET"), 2),
        (b"\r\n" + HEAD, 2),
        (HEAD + b"\r\nAuthorization:x", 2),
        (HEAD + b"\r\nAuthorization: x ", 2),
        (HEAD + b"\r\nAuthorization: x\xe4", 2),
        (HEAD + b"\r\nCookie: ", 2),
        (HEAD + b"\r\nX: " + b"x" * 1024, 2),
    ],
)
def test_what_could_mean_something_else_is_not_remembered(head: bytes, body_bytes: int) -> None:
    assert remembering(head, body_bytes=body_bytes).find(SERVER, head) is None


@pytest.mark.parametrize("server", [("127.0.0.1", 9090), ("::1", 8000), None])
def test_an_address_has_its_own_heads(server: Any) -> None:
    """The port of the metrics serves nothing else."""
    assert remembering(HEAD).find(server, HEAD) is None
    assert remembering(HEAD, server=server).find(server, HEAD) is not None


def test_the_number_of_heads_is_bounded() -> None:
    heads = [HEAD.replace(b": a", b": a%d" % number) for number in range(MAX_HEADS + 1)]
    known = remembering(*heads[:-1], heads[0], heads[-1])
    found = [head for head in heads if known.find(SERVER, head) is not None]
    assert found == [heads[0], *heads[2:]]
