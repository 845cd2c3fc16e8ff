"""The requests that clients send in `soak`, some of them invalid."""
# ruff: noqa: S311 # no random number is a secret

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any, Final

from tests.e2e.documents import GROUP, PLAN, USER_ERRORS, document
from tests.e2e.valid_mutations import VALID_MUTATIONS

MIB: Final = 1_048_576
DRY_RUNS: Final = 0.2
"""The share of the mutations that are dry runs."""
PERSISTED: Final = 300
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
    """Return the ids in the arguments of the valid mutations, which every vendor has."""
    named: set[str] = set()
    for mutation in VALID_MUTATIONS.values():
        for name, value in mutation.arguments.items():
            named.update({"id": [value], "productIds": value}.get(name, []))
    return sorted(named)


_IDS = _ids()
_numbers = count()


@dataclass(slots=True, kw_only=True)
class SoakRequest:
    """One request, its kind, and when its client disconnects."""

    kind: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    disconnects_after: float | None = None
    """Seconds after which the client disconnects; None if it waits for the response."""
    sent_share: float = 1.0
    """The share of the request that is sent before the client disconnects."""


def read() -> SoakRequest:
    """Return one of a few documents, with random variables."""
    return _request("read", random.choice(_READS), _variables())


def unique_read() -> SoakRequest:
    """Return a document that is sent only once."""
    return _request("unique read", _new_document(), {})


def persisted() -> SoakRequest:
    """Return the hash of a persisted document."""
    return _by_hash(random.randrange(PERSISTED), with_text=False)


def to_persist(number: int) -> SoakRequest:
    """Return a document together with its hash, which persists it."""
    return _by_hash(number, with_text=True)


def mutation() -> SoakRequest:
    """Return a mutation, which may be a dry run."""
    chosen = random.choice(list(VALID_MUTATIONS.values()))
    arguments = _renamed(chosen.arguments) | {"dryRun": random.random() < DRY_RUNS}
    has_group = chosen.name in {"groupCreate", "groupUpdate", "groupSetProducts"}
    select = f"{USER_ERRORS} {PLAN} {GROUP}" if has_group else f"{USER_ERRORS} {PLAN}"
    text = document(chosen.name, select, arguments)
    return _request("mutation", text, arguments)


def mutation_with_key() -> SoakRequest:
    """Return a mutation with a new idempotency key."""
    request = mutation()
    request.kind = "mutation with a key"
    request.headers["Idempotency-Key"] = f"key-{_word()}"
    return request


def invalid() -> SoakRequest:
    """Return a new document that is rejected."""
    return _request("invalid document", random.choice(_INVALID)(_word()), {})


def invalid_body() -> SoakRequest:
    """Return a body that is not a GraphQL request."""
    body = random.choice(_BODIES)
    headers = random.choice(({}, {"Content-Type": "text/plain"}))
    return SoakRequest(kind="invalid body", body=body, headers=headers)


def too_large() -> SoakRequest:
    """Return a body larger than the limit."""
    return SoakRequest(kind="too large", body=b" " * random.randint(MIB + 1, 2 * MIB))


def large() -> SoakRequest:
    """Return a valid body that is almost as large as the limit."""
    padding = "x" * random.randint(MIB // 2, MIB - 10_000)
    body = {"query": random.choice(_READS), "variables": _variables() | {"padding": padding}}
    return SoakRequest(kind="large", body=_json(body))


def disconnecting(request: SoakRequest) -> SoakRequest:
    """Let the client of a request disconnect."""
    request.kind += ", disconnected"
    moments = (0, random.uniform(0, 0.05), random.uniform(0, 2))
    request.disconnects_after = random.choice(moments)
    request.sent_share = random.choice((1.0, 1.0, random.random()))
    return request


def _by_hash(number: int, *, with_text: bool) -> SoakRequest:
    text = _numbered_document(number)
    named = {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}
    sent = {"extensions": {"persistedQuery": named}} | ({"query": text} if with_text else {})
    return SoakRequest(kind="persisted", body=_json(sent))


def _request(kind: str, text: str, variables: Mapping[str, Any]) -> SoakRequest:
    headers = random.choice(({}, {}, {"Groupgate-Explain": "1"}, {"Cache-Control": "no-cache"}))
    return SoakRequest(
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
    return _numbered_document(PERSISTED + next(_numbers))


def _numbered_document(number: int) -> str:
    """Return a document of some hundred characters, the same for the same number."""
    dice = random.Random(number)
    fields = [
        f'p{number}_{i}: product(id: "{dice.choice(_IDS)}") {{ id name a{i}: sku {_PRICE} }}'
        for i in range(dice.randint(1, 8))
    ]
    return f"query Q{number} {{ {' '.join(fields)} }}"


def _renamed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with a random name, if the input has a name."""
    given = dict(arguments)
    if isinstance(given.get("input"), dict) and given["input"].get("name"):
        given["input"] = given["input"] | {"name": f"Name {_word()}"}
    return given


def _word() -> str:
    return f"w{random.getrandbits(48):x}"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
