"""Metrics for Prometheus: counted in plain Python, exposed at `/metrics` by prometheus-client."""
