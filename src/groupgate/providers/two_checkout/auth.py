"""The header that signs a request. It is as good as a password while its date is accepted."""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Final

from groupgate.providers.two_checkout.settings import HashAlgorithm

HEADER: Final = "X-Avangate-Authentication"

_DIGESTS: Final = {"sha256": hashlib.sha256, "sha3-256": hashlib.sha3_256}


def authentication_header(code: str, secret: str, at: datetime, algorithm: HashAlgorithm) -> str:
    """Return the header's value for a request of this moment.

    Signed are code and date, each behind its length in bytes (documented); path and body are not.
    """
    date = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    signed = b"".join(b"%d%s" % (len(part), part) for part in (code.encode(), date.encode()))
    digest = hmac.new(secret.encode(), signed, _DIGESTS[algorithm]).hexdigest()
    return f'code="{code}" date="{date}" hash="{digest}" algo="{algorithm}"'
