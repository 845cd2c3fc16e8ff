"""The observer of a gateway: the log and, as the settings say, the metrics."""

from groupgate.app.metrics.counts import MAX_NAMES, MAX_TRUSTED_NAMES, Counts
from groupgate.app.settings import Settings
from groupgate.observer import LogObserver, Observer, Observers


class GatewayObserver(Observers):
    """Passes the events of one gateway on to all that the settings ask for, and to `others`."""

    def __init__(self, settings: Settings, *others: Observer) -> None:
        max_names = MAX_TRUSTED_NAMES if settings.trusted_documents else MAX_NAMES
        self.counts = Counts(max_names) if settings.metrics else None
        """None without metrics."""
        counts = [self.counts] if self.counts else []
        log = LogObserver(is_debug=settings.log_level == "debug")
        super().__init__([log, *counts, *others])
