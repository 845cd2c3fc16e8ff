"""Verifies X-Avangate-Authentication: a keyed hash of merchant code and date."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest, digest

# The official clients differ: double or single quotes, with or without spaces between the fields.
_FIELD = re.compile(rb"""(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_HASHES = {b"sha256": "sha256", b"sha3-256": "sha3_256"}  # MD5 was withdrawn in 2024.
_DATE_FORMAT = "%Y-%m-%d %H:%M:%S"
_DATE_TOLERANCE = 600
"""Seconds by which the date may differ from now (assumed; no page states it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The merchant account whose signatures are accepted."""

    merchant_code: str
    secret_key: str

    def is_signed(self, header: str, now: float) -> bool:
        """Return True if the header has a valid signature with a date close to `now`."""
        fields = _fields(header)
        code, date = fields.get(b"code", b""), fields.get(b"date", b"")
        hash_name = _HASHES.get(fields.get(b"algo", b""))
        if hash_name is None or not compare_digest(code, self.merchant_code.encode()):
            return False
        expected = digest(self.secret_key.encode(), _string_to_sign(code, date), hash_name).hex()
        is_valid = compare_digest(fields.get(b"hash", b""), expected.encode())
        return is_valid and abs(_seconds(date) - now) <= _DATE_TOLERANCE


def _fields(header: str) -> dict[bytes, bytes]:
    matches = _FIELD.findall(header.encode("latin-1"))
    return {name: double or single for name, double, single in matches}


def _string_to_sign(code: bytes, date: bytes) -> bytes:
    # The lengths are in bytes, not in characters (documented).
    return b"%d%s%d%s" % (len(code), code, len(date), date)


def _seconds(date: bytes) -> float:
    """Return a date in epoch seconds, or minus infinity if its format is not the documented one."""
    text = date.decode("ascii", "replace")
    try:
        moment = datetime.strptime(text, _DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return -math.inf
    # Parsing accepts missing zeros and repeated spaces, formatting does not produce them.
    return moment.timestamp() if moment.strftime(_DATE_FORMAT) == text else -math.inf
