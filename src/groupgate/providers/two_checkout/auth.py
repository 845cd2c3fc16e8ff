"""The header that signs a request. While its date is accepted, it is as secret as a password."""

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Final

from groupgate.providers.two_checkout.settings import HashAlgorithm

HEADER: Final = "X-Avangate-Authentication"

_DIGESTS: Final = {"sha256": hashlib.sha256, "sha3-256": hashlib.sha3_256}


def authentication_header(code: str, secret: str, at: datetime, algorithm: HashAlgorithm) -> str:
    """Return the header's value for a request at this time.

    The signature covers the code and the date, each after its length in bytes (documented), but
    not the path or the body.
    """
    date = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    signed = b"".join(b"%d%s" % (len(part), part) for part in (code.encode(), date.encode()))
    digest = hmac.new(secret.encode(), signed, _DIGESTS[algorithm]).hexdigest()
    return f'code="{code}" date="{date}" hash="{digest}" algo="{algorithm}"'
