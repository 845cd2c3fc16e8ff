"""Simulators of the vendors' REST APIs: in-memory ASGI apps that share no gateway code."""
