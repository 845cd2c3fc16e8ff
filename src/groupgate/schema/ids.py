"""Global ids.

An id is the base64url encoding of a JSON array: the kind of object, the account's path, and the
vendor's own ids. Clients must treat it as opaque. `Context.resolve` finds the account of an id that
was made before the vendor's accounts had names.
"""

import json
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, TypeVar

import msgspec

from groupgate.domain import catalog
from groupgate.domain.refs import (
    AccountKey,
    CollectionRef,
    GroupRef,
    ProductRef,
    Ref,
    parse_account,
)
from groupgate.schema.errors import bad_input

MAX_ID_LENGTH: Final = 2_000
"""In characters. Longer ids are not decoded: the vendors' codes are much shorter."""


MAX_KNOWN_LENGTH: Final = 200
"""In characters. The refs of the latest shorter ids are remembered."""


class ProviderRef(msgspec.Struct, frozen=True):
    """The ref of a vendor."""

    provider: AccountKey


AnyRef = Ref | ProviderRef
RefT = TypeVar("RefT", CollectionRef, GroupRef, ProductRef)

NOUNS: Final[dict[type[AnyRef], str]] = {
    ProviderRef: "a provider",
    CollectionRef: "a collection",
    GroupRef: "a group",
    ProductRef: "a product",
}
"""What a ref of each class names, for messages."""


def encode_id(ref: AnyRef) -> str:
    """Return the global id for a ref."""
    own: tuple[str | None, ...]
    match ref:
        case ProductRef():  # most ids are those of products, which need no more steps
            return _pack(("p", ref.provider.path, ref.native_id))
        case GroupRef():
            kind, own = "g", (ref.collection_id, ref.native_id)
        case CollectionRef():
            kind, own = "c", (ref.native_id,)
        case ProviderRef():
            kind, own = "v", ()
    return _pack([kind, ref.provider.path, *[key for key in own if key is not None]])


def global_id_of(entity: catalog.ProductCollection | catalog.Group | catalog.Product) -> str:
    """Return the id of an object, which is encoded once for as long as the object lives."""
    memo = entity.memo
    found = memo.global_id
    if found is None:
        found = memo.global_id = encode_id(entity.ref)
    return found


def decode_id(text: str) -> AnyRef:
    """Return the ref for an id; raise BAD_USER_INPUT if `encode_id` did not create the id."""
    ref = try_decode_id(text)
    if ref is None:
        raise bad_input(
            "The id was not created by this gateway. Send ids exactly as you received them."
        )
    return ref


def try_decode_id(text: str) -> AnyRef | None:
    """Return the ref for an id; None if `encode_id` did not create the id."""
    # What is remembered must be short.
    return _decode_known(text) if len(text) <= MAX_KNOWN_LENGTH else _decode(text)


def _decode(text: str) -> AnyRef | None:
    return _ref(_unpack(text))


_decode_known: Final = lru_cache(maxsize=4_096)(_decode)


def decode_id_of(kind: type[RefT], text: str) -> RefT:
    """Return the ref for an id; raise BAD_USER_INPUT unless it is an id of this kind."""
    ref = try_decode_id(text) or decode_id(text)  # the second one raises the error
    if not isinstance(ref, kind):
        raise bad_input(f"The id is the id of {NOUNS[type(ref)]}, not of {NOUNS[kind]}.")
    return ref


_TO_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")


def _pack(parts: Sequence[str]) -> str:
    encoded = b2a_base64(msgspec.json.encode(parts), newline=False)
    return encoded.translate(_TO_URL_SAFE, b"=").decode("ascii")


def _unpack(text: str) -> Sequence[str]:
    if len(text) > MAX_ID_LENGTH:
        return ()
    try:
        parts = json.loads(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
        is_canonical = _pack(parts) == text
    except (ValueError, TypeError, RecursionError):
        return ()
    return parts if is_canonical and all(isinstance(part, str) for part in parts) else ()


def _ref(parts: Sequence[str]) -> AnyRef | None:
    match parts:
        case [kind, path, *native_ids] if (account := parse_account(path)) is not None:
            create = _CONSTRUCTORS.get((kind, len(native_ids)))
            return create(account, *native_ids) if create else None
        case _:
            return None


_CONSTRUCTORS: dict[tuple[str, int], Callable[..., AnyRef]] = {
    ("v", 0): ProviderRef,
    ("c", 0): lambda provider: CollectionRef(provider=provider),
    ("c", 1): lambda provider, own: CollectionRef(provider=provider, native_id=own),
    ("g", 1): lambda provider, own: GroupRef(provider=provider, native_id=own),
    ("g", 2): lambda provider, parent, own: GroupRef(
        provider=provider, collection_id=parent, native_id=own
    ),
    ("p", 1): lambda provider, own: ProductRef(provider=provider, native_id=own),
}
