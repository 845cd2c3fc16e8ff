"""The health of a vendor and the names of capabilities."""

from datetime import UTC, datetime

from groupgate.domain.capabilities import Capability
from groupgate.domain.provider import ProviderState, ProviderStatus


def test_a_vendor_is_available_since_the_start_by_default() -> None:
    assert ProviderStatus() == ProviderStatus(state=ProviderState.AVAILABLE, since=None)


def test_a_status_has_a_state_and_a_time() -> None:
    since = datetime(2026, 7, 1, tzinfo=UTC)

    status = ProviderStatus(state=ProviderState.DEGRADED, since=since)

    assert (status.state, status.since) == (ProviderState.DEGRADED, since)
    assert [state.value for state in ProviderState] == ["AVAILABLE", "DEGRADED", "UNAVAILABLE"]


def test_each_capability_has_its_name_as_value() -> None:
    assert all(capability.value == capability.name for capability in Capability)
    assert len(Capability) == 22
