"""Opaque global ids: what they name, packed so that clients leave them alone.

An id is the base64url form of a JSON array: the kind, the vendor, and the vendor's own ids.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey, Ref
from groupgate.schema.bad_input import bad_input

LONGEST_ID = 2_000
"""Characters of an id that are looked at: no vendor's codes come near it."""


@dataclass(frozen=True, slots=True)
class ProviderRef:
    """A vendor as a node of the graph."""

    provider: ProviderKey


AnyRef = Ref | ProviderRef
RefT = TypeVar("RefT", CollectionRef, GroupRef, ProductRef)

_NOUNS: dict[type[AnyRef], str] = {
    ProviderRef: "a provider",
    CollectionRef: "a collection",
    GroupRef: "a group",
    ProductRef: "a product",
}


def encode_id(ref: AnyRef) -> str:
    """Return the global id of what this ref names."""
    own: tuple[str | None, ...]
    match ref:
        case ProviderRef():
            kind, own = "v", ()
        case CollectionRef():
            kind, own = "c", (ref.native_id,)
        case GroupRef():
            kind, own = "g", (ref.collection_id, ref.native_id)
        case ProductRef():
            kind, own = "p", (ref.native_id,)
    return _pack([kind, ref.provider.value, *(key for key in own if key is not None)])


def decode_id(text: str) -> AnyRef:
    """Return what this id names; raise BAD_USER_INPUT unless it was made by `encode_id`."""
    ref = try_decode_id(text)
    if ref is None:
        raise bad_input("This is not an id of this gateway. Hand ids back exactly as they came.")
    return ref


def try_decode_id(text: str) -> AnyRef | None:
    """Return what this id names; None unless it was made by `encode_id`."""
    return _ref(_unpack(text))


def decode_id_of(kind: type[RefT], text: str) -> RefT:
    """Like `decode_id`, and raise BAD_USER_INPUT if it names something of another kind."""
    ref = decode_id(text)
    if not isinstance(ref, kind):
        raise bad_input(f"This is the id of {_NOUNS[type(ref)]}, where {_NOUNS[kind]} is wanted.")
    return ref


def _pack(parts: Sequence[str]) -> str:
    packed = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    return urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def _unpack(text: str) -> Sequence[str]:
    if len(text) > LONGEST_ID:
        return ()
    try:
        parts = json.loads(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
        is_ours = _pack(parts) == text
    except (ValueError, TypeError, RecursionError):
        return ()
    return parts if is_ours and all(isinstance(part, str) for part in parts) else ()


def _ref(parts: Sequence[str]) -> AnyRef | None:
    match parts:
        case [kind, key, *native_ids] if key in ProviderKey.__members__:
            make = _MAKERS.get((kind, len(native_ids)))
            return make(ProviderKey[key], *native_ids) if make else None
        case _:
            return None


_MAKERS: dict[tuple[str, int], Callable[..., AnyRef]] = {
    ("v", 0): ProviderRef,
    ("c", 0): lambda provider: CollectionRef(provider=provider),
    ("c", 1): lambda provider, own: CollectionRef(provider=provider, native_id=own),
    ("g", 1): lambda provider, own: GroupRef(provider=provider, native_id=own),
    ("g", 2): lambda provider, parent, own: GroupRef(
        provider=provider, collection_id=parent, native_id=own
    ),
    ("p", 1): lambda provider, own: ProductRef(provider=provider, native_id=own),
}
