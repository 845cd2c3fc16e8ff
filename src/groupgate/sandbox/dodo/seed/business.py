"""Seed: the business, its brands, and what its products can hand out."""

from groupgate.sandbox.dodo import ids
from groupgate.sandbox.dodo.records import Brand, Json

BUSINESS_ID = ids.prefixed("bus_", "Kestrel Works")

E_BOOK_FILE: Json = {
    "file_id": ids.prefixed("file_", "The Second Draft"),
    "filename": "the-second-draft.epub",
    "content_type": "application/epub+zip",
    "file_size": 1_482_112,
    "download_url": "https://files.dodo.example/the-second-draft.epub?expires_in=900",
    "expires_in": 900,
}


def brands() -> list[Brand]:
    """Make the brands, the primary one first: its id is the id of the business (documented)."""
    return [
        Brand(
            id=BUSINESS_ID,
            name="Kestrel Works",
            url="https://kestrel-works.example",
            statement_descriptor="KESTRELWORKS",
        ),
        Brand(
            id=ids.prefixed("brnd_", "Marginalia"),
            name="Marginalia",
            url="https://marginalia.example",
            statement_descriptor="MARGINALIA",
        ),
        Brand(
            id=ids.prefixed("brnd_", "Kestrel Labs"),
            name="Kestrel Labs",
            url="https://labs.kestrel-works.example",
            statement_descriptor="KESTRELLABS",
            enabled=False,
            reason_for_hold="The website does not show a refund policy yet.",
        ),
        Brand(
            id=ids.prefixed("brnd_", "Plumb CRM"),
            name="Plumb CRM",
            url="https://plumb-crm.example",
            statement_descriptor="PLUMBCRM",
            archived_at="2025-01-07T09:00:00Z",
        ),
    ]


def entitlements() -> dict[str, Json]:
    """Make what can be handed out, by name."""
    files = {"files": [E_BOOK_FILE], "external_url": None, "instructions": None}
    settings: dict[str, tuple[str, Json]] = {
        "Marginalia licence key": ("license_key", {"activations_limit": 3}),
        "E-book files": ("digital_files", {"digital_files": files}),
    }
    return {
        name: {
            "id": ids.prefixed("ent_", name),
            "name": name,
            "description": None,
            "integration_type": kind,
            "integration_config": config,
        }
        for name, (kind, config) in settings.items()
    }


def credits_by_name() -> dict[str, Json]:
    """Make the credits that subscriptions can grant, by name."""
    name = "Assistant credits"
    return {name: {"id": ids.prefixed("cde_", name), "name": name, "unit": "credit"}}
