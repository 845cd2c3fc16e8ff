"""Traces by OpenTelemetry. Only `spans.py` imports it, and only if traces are on."""
