"""The header X-Avangate-Authentication: a keyed hash over merchant code and date, nothing else."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest, digest

# The official clients differ: double or single quotes, with or without blanks between the fields.
_FIELD = re.compile(rb"""(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_HASHES = {b"sha256": "sha256", b"sha3-256": "sha3_256"}  # MD5 was withdrawn in 2024.
_DATE_FORMAT = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The merchant whom a header must speak for."""

    merchant_code: str
    secret_key: str
    date_tolerance: float
    """Seconds the date may be off either way; no page says how many."""

    def signed(self, header: str, now: float) -> bool:
        """Tell whether the header was made with the account's secret key just now."""
        fields = _fields(header)
        code, date = fields.get(b"code", b""), fields.get(b"date", b"")
        hash_name = _HASHES.get(fields.get(b"algo", b""))
        if hash_name is None or not compare_digest(code, self.merchant_code.encode()):
            return False
        expected = digest(self.secret_key.encode(), _string_to_sign(code, date), hash_name).hex()
        is_ours = compare_digest(fields.get(b"hash", b""), expected.encode())
        return is_ours and abs(_seconds(date) - now) <= self.date_tolerance


def _fields(header: str) -> dict[bytes, bytes]:
    found = _FIELD.findall(header.encode("latin-1"))
    return {name: double or single for name, double, single in found}


def _string_to_sign(code: bytes, date: bytes) -> bytes:
    # Lengths count bytes, not characters (documented).
    return b"%d%s%d%s" % (len(code), code, len(date), date)


def _seconds(date: bytes) -> float:
    """Return a date as seconds, or minus infinity when it is not spelled as documented."""
    text = date.decode("ascii", "replace")
    try:
        moment = datetime.strptime(text, _DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return -math.inf
    # Parsing is lenient about blanks and leading zeros, writing is not.
    return moment.timestamp() if moment.strftime(_DATE_FORMAT) == text else -math.inf
