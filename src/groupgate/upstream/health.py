"""How a vendor is answering, told from the calls that were made anyway."""

from datetime import UTC, datetime

from groupgate.domain.health import ProviderState, ProviderStatus


class Health:
    """Follows one vendor: degraded from a call that failed until the next that did not."""

    def __init__(self) -> None:
        self.status = ProviderStatus()

    def answered(self) -> None:
        """Note that a call was answered, be it with a refusal."""
        self._become(ProviderState.AVAILABLE)

    def failed(self) -> None:
        """Note that a call was not answered, or that the vendor said it could not."""
        self._become(ProviderState.DEGRADED)

    def _become(self, state: ProviderState) -> None:
        if state is not self.status.state:
            self.status = ProviderStatus(state=state, since=datetime.now(UTC))
