"""All that is kept of one vendor's calls from request to request, and keeps them in order."""

from collections.abc import Iterator
from contextlib import contextmanager

from groupgate.domain.errors import Denied, Throttled, Unavailable, UpstreamError
from groupgate.domain.refs import ProviderKey
from groupgate.upstream.breaker import Breaker
from groupgate.upstream.cache import Cache
from groupgate.upstream.deadline import Deadline
from groupgate.upstream.exchange import LATE
from groupgate.upstream.flights import Flights
from groupgate.upstream.health import Health
from groupgate.upstream.limits import Limits
from groupgate.upstream.policy import Policy
from groupgate.upstream.retry import RetryBudget
from groupgate.upstream.writes import Writes


class Traffic:
    """One vendor's limits, breaker, cache and so on; they live as long as the process."""

    def __init__(self, provider: ProviderKey, policy: Policy | None = None) -> None:
        policy = policy or Policy()
        self.provider = provider
        self.limits = Limits(provider, policy)
        self.breaker = Breaker(provider)
        self.health = Health(provider, self.breaker)
        self.retries = RetryBudget()
        self.cache = Cache(policy)
        self.flights = Flights()
        self.writes = Writes(provider)

    def changed(self) -> None:
        """Drop what is known of the vendor's data, and what is just being read."""
        self.cache.drop()
        self.flights.let_go()

    @contextmanager
    def watched(self, deadline: Deadline) -> Iterator[None]:
        """Let one call pass, or raise Unsent; see how it ends.

        A call that is cancelled when the time is up has failed; one that is cancelled before,
        because nobody wants it any longer, tells nothing.
        """
        is_probe = self.breaker.admit()
        try:
            yield
        except UpstreamError as error:
            self._ended(error, is_probe=is_probe)
            raise
        except BaseException:
            if deadline.left > 0:
                self.breaker.abandoned(is_probe=is_probe)
            else:
                self._ended(Unavailable(self.provider, LATE), is_probe=is_probe)
            raise
        else:
            self._ended(None, is_probe=is_probe)

    def _ended(self, error: UpstreamError | None, *, is_probe: bool) -> None:
        if isinstance(error, Unavailable):
            self.breaker.failed(error.cause, is_probe=is_probe)
            if self.breaker.is_open:
                self.limits.dismiss(self.breaker.refusal)
        else:
            self.breaker.answered(is_probe=is_probe)
        if isinstance(error, Unavailable | Throttled | Denied):
            self.health.troubled()
        else:
            self.health.review()
