"""Whom a gateway without tokens may be open to."""

import structlog

from groupgate.app.addresses import is_loopback
from groupgate.app.misconfigured import Misconfigured
from groupgate.app.settings import Settings

_log = structlog.get_logger()


def is_loopback_only(settings: Settings, host: str, *, is_sandbox: bool) -> bool:
    """Whether the gateway may serve programs of this machine only.

    So it is where anybody may use real keys and nobody has said that this is as it should be.
    Raises Misconfigured if it would be open to others.
    """
    if is_sandbox or settings.knows_callers or settings.anonymous:
        return False
    if not is_loopback(host):
        raise Misconfigured(
            f"On {host or 'all addresses'}, others than you could use your vendor keys: set "
            "GROUPGATE_TOKENS_FILE, GROUPGATE_TOKENS or GROUPGATE_JWT_ISSUER, or allow it by "
            "GROUPGATE_ANONYMOUS=read or GROUPGATE_ANONYMOUS=write."
        )
    _log.warning("open_to_this_machine", host=host, may="write", why="no tokens, no JWTs")
    return True
