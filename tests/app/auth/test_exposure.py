"""Where a gateway may be open to anybody."""

from typing import Any

import pytest
import structlog

from groupgate.app.auth.exposure import is_loopback_only
from groupgate.app.misconfigured import Misconfigured
from groupgate.app.settings import Settings

LOOPBACK = ["127.0.0.1", "127.1.2.3", "localhost", "::1"]
ELSEWHERE = ["0.0.0.0", "::", "192.168.0.7", "gateway.example", ""]
WAYS = [
    {"tokens": "x"},
    {"tokens_file": "x"},
    {"jwt_issuer": "x"},
    {"anonymous": "read"},
    {"anonymous": "write"},
]


@pytest.mark.parametrize("host", LOOPBACK + ELSEWHERE)
def test_the_sandbox_may_be_open_to_anybody(host: str) -> None:
    assert is_loopback_only(Settings.model_construct(), host, is_sandbox=True) is False


@pytest.mark.parametrize("host", LOOPBACK + ELSEWHERE)
@pytest.mark.parametrize("given", WAYS)
def test_so_may_a_gateway_that_knows_callers_or_was_told_so(
    given: dict[str, Any], host: str
) -> None:
    settings = Settings.model_construct(**given)
    assert is_loopback_only(settings, host, is_sandbox=False) is False


@pytest.mark.parametrize("host", LOOPBACK)
def test_real_keys_may_be_open_to_this_machine_and_the_log_says_so(host: str) -> None:
    with structlog.testing.capture_logs() as logs:
        assert is_loopback_only(Settings.model_construct(), host, is_sandbox=False) is True
    assert logs == [
        {
            "event": "open_to_this_machine",
            "log_level": "warning",
            "host": host,
            "may": "write",
            "why": "no tokens, no JWTs",
        }
    ]


@pytest.mark.parametrize("host", ELSEWHERE)
def test_real_keys_are_not_open_to_others(host: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        is_loopback_only(Settings.model_construct(), host, is_sandbox=False)
    assert str(raised.value) == (
        f"On {host or 'all addresses'}, others than you could use your vendor keys: set "
        "GROUPGATE_TOKENS_FILE, GROUPGATE_TOKENS or GROUPGATE_JWT_ISSUER, or allow it by "
        "GROUPGATE_ANONYMOUS=read or GROUPGATE_ANONYMOUS=write."
    )
