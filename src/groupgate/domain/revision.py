"""Fingerprints of what a vendor holds: equal as long as nothing that matters has changed."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from groupgate.domain.catalog import Group, Membership, ProductCollection


def group_revision(group: Group, members: Sequence[Membership], *, ordered: bool) -> str:
    """Fingerprint a group's fields and members; their order counts where the vendor keeps one."""
    rows = [(member.product.ref.native_id, member.status.value) for member in members]
    return _fingerprint(
        group.name,
        group.status.value,
        group.access and group.access.value,
        group.description,
        group.template_name,
        rows if ordered else sorted(rows),
    )


def collection_revision(
    collection: ProductCollection, groups: Iterable[tuple[Group, str]], *, ordered: bool
) -> str:
    """Fingerprint a collection's fields and its groups, each with its own revision."""
    rows = [(group.ref.native_id, revision) for group, revision in groups]
    return _fingerprint(collection.name, collection.description, rows if ordered else sorted(rows))


def _fingerprint(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:20]
