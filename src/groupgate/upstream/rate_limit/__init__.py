"""Rate limits of one vendor: the limiter, its fair queue, and the vendor's rate-limit headers."""
