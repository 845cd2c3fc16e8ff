"""What clients send in `soak`: requests of many shapes, some of them no good."""
# ruff: noqa: S311 # chance need not be secret here

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any, Final

from tests.e2e.mutations import GROUP, PLAN, WHY, document
from tests.e2e.possible_changes import CHANGES

MIB: Final = 1_048_576
PLANNED: Final = 0.2
"""The part of the changes that are not to be made."""
KNOWN: Final = 300
"""Documents that are sent by their hashes."""

_PAGE = "pageInfo { hasNextPage endCursor }"
_PRICE = "price { amount currencyCode }"
_READS: Final = (
    f"""query($key: ProviderKey!, $first: Int!) {{
      provider(key: $key) {{
        name status {{ state since }} products(first: $first) {{ nodes {{ id name sku {_PRICE} }}
        {_PAGE} }} }}
    }}""",
    f"""query($key: ProviderKey!, $first: Int!) {{
      provider(key: $key) {{ productCollections(first: 3) {{ nodes {{ id name
        groups(first: 3) {{ nodes {{ id name revision
          products(first: $first) {{ totalCount edges {{ status node {{ id name }} }} {_PAGE} }} }}
        }} }} }} }}
    }}""",
    """query($search: String!) {
      providers { name products(first: 5, search: $search) { nodes { id name groups { name } } } }
    }""",
    f"""query($ids: [ID!]!) {{
      nodes(ids: $ids) {{ id __typename ... on Group {{ name status revision }}
        ... on Product {{ name sku {_PRICE} groups {{ name }} }} }}
    }}""",
    """query($id: ID!) {
      node(id: $id) { id ... on Group { name collection { name } provider { name }
        products(first: 20) { nodes { name } } } }
    }""",
    "{ providers { name key capabilities status { state since } } }",
    "{ __schema { types { name fields { name } } } }",
)
_INVALID: Final[tuple[Callable[[str], str], ...]] = (
    lambda word: f"{{ providers {{ {word} }} }}",
    lambda word: f"{{ providers {{ name # {word}",
    lambda word: f'{{ node(id: "{word}", {word}: 1) {{ id }} }}',
    lambda word: f"query {word} " + "{providers" * 60 + "{id}" + "}" * 60,
    lambda word: "{" + " ".join(f"{word}{i}:__typename" for i in range(370)) + "}",
    lambda word: f"{{ providers {{ ...{word} }} }} fragment {word} on Provider {{ ...{word} }}",
    lambda word: "{ providers { " + f"{word} " * 200 + "} }",
)
_BODIES: Final = (b"", b"{", b"[]", b"null", b'{"query": 1}', b"\xff\xfe", b'{"variables": {}}')


def _ids() -> list[str]:
    """The objects that changes are made to and with; every vendor has some."""
    named: set[str] = set()
    for change in CHANGES.values():
        for name, value in change.arguments.items():
            named.update({"id": [value], "productIds": value}.get(name, []))
    return sorted(named)


_IDS = _ids()
_numbers = count()


@dataclass(slots=True, kw_only=True)
class RequestAccess:
    """One request: what kind of request it is, and how it is sent."""

    kind: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    stays: float | None = None
    """Seconds after which the client leaves, whatever it has got by then; None is never."""
    sends: float = 1.0
    """The part of the body that is sent before it leaves."""


def read() -> RequestAccess:
    """One of a few documents, with variables of its own."""
    return _of("read", random.choice(_READS), _variables())


def read_once() -> RequestAccess:
    """A document that nobody has sent before and nobody will again."""
    return _of("read once", _new_document(), {})


def persisted() -> RequestAccess:
    """A document by its hash alone."""
    return _by_hash(random.randrange(KNOWN), with_text=False)


def to_persist(number: int) -> RequestAccess:
    """One of those documents, with its hash."""
    return _by_hash(number, with_text=True)


def change() -> RequestAccess:
    """A mutation, at times only planned."""
    change = random.choice(list(CHANGES.values()))
    arguments = _renamed(change.arguments) | {"dryRun": random.random() < PLANNED}
    has_group = change.mutation in {"groupCreate", "groupUpdate", "groupSetProducts"}
    select = f"{WHY} {PLAN} {GROUP}" if has_group else f"{WHY} {PLAN}"
    text = document(change.mutation, select, arguments)
    return _of("change", text, arguments)


def change_once() -> RequestAccess:
    """A mutation with a key of its own."""
    visit = change()
    visit.kind = "change with a key"
    visit.headers["Idempotency-Key"] = f"key-{_word()}"
    return visit


def invalid() -> RequestAccess:
    """A document that is refused, each time another."""
    return _of("invalid document", random.choice(_INVALID)(_word()), {})


def no_request() -> RequestAccess:
    """A body that is none of GraphQL's."""
    body = random.choice(_BODIES)
    headers = random.choice(({}, {"Content-Type": "text/plain"}))
    return RequestAccess(kind="no request", body=body, headers=headers)


def too_large() -> RequestAccess:
    """More than is read."""
    return RequestAccess(kind="too large", body=b" " * random.randint(MIB + 1, 2 * MIB))


def large() -> RequestAccess:
    """Nearly as much as is read, and within it a document."""
    padding = "x" * random.randint(MIB // 2, MIB - 10_000)
    body = {"query": random.choice(_READS), "variables": _variables() | {"padding": padding}}
    return RequestAccess(kind="large", body=_json(body))


def leaving(visit: RequestAccess) -> RequestAccess:
    """The same from a client that goes away in the middle."""
    visit.kind += ", left"
    visit.stays = random.choice((0, random.uniform(0, 0.05), random.uniform(0, 2)))
    visit.sends = random.choice((1.0, 1.0, random.random()))
    return visit


def _by_hash(number: int, *, with_text: bool) -> RequestAccess:
    text = _numbered_document(number)
    named = {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}
    sent = {"extensions": {"persistedQuery": named}} | ({"query": text} if with_text else {})
    return RequestAccess(kind="persisted", body=_json(sent))


def _of(kind: str, text: str, variables: Mapping[str, Any]) -> RequestAccess:
    headers = random.choice(({}, {}, {"Groupgate-Explain": "1"}, {"Cache-Control": "no-cache"}))
    return RequestAccess(
        kind=kind, body=_json({"query": text, "variables": variables}), headers=dict(headers)
    )


def _variables() -> dict[str, Any]:
    return {
        "key": random.choice(("DODO", "AXIM", "TWO_CHECKOUT")),
        "first": random.randint(1, 20),
        "search": random.choice(("desk", "a", _word())),
        "ids": random.sample(_IDS, random.randint(1, 12)),
        "id": random.choice(_IDS),
    }


def _new_document() -> str:
    return _numbered_document(KNOWN + next(_numbers))


def _numbered_document(number: int) -> str:
    """A document of some hundred characters, the same for the same number."""
    chance = random.Random(number)
    fields = [
        f'p{number}_{i}: product(id: "{chance.choice(_IDS)}") {{ id name a{i}: sku {_PRICE} }}'
        for i in range(chance.randint(1, 8))
    ]
    return f"query Q{number} {{ {' '.join(fields)} }}"


def _renamed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The same, but with another name wherever the input has one."""
    given = dict(arguments)
    if isinstance(given.get("input"), dict) and given["input"].get("name"):
        given["input"] = given["input"] | {"name": f"Name {_word()}"}
    return given


def _word() -> str:
    return f"w{random.getrandbits(48):x}"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
