"""Times of the vendors' records in UTC."""

from datetime import UTC, datetime

from groupgate.domain.refs import ProviderKey
from groupgate.request import UnreadableValues, current_scope


def to_utc(provider: ProviderKey, field: str, moment: datetime | None) -> datetime | None:
    """Return the time in UTC, which a time without a zone is in already (documented for Dodo).

    A time after the year 9999 in UTC is unreadable: it is recorded in the request, under the JSON
    path of all fields with this name. The decoder finds those before the year 1 itself.
    """
    if moment is None:
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        unreadable = UnreadableValues(nulls={f"$..{field}": 1}, rows={})
        current_scope().note_unreadable(provider, unreadable)
        return None
