"""Rate limits of a vendor: the limiter, its fair queue, and the vendor's rate-limit headers."""
