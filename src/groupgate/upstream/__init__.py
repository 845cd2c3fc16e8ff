"""HTTP calls to vendors: transport, retries, rate limits, circuit breaker, cache, pagination."""
