"""The vendors, played: ASGI apps in memory, written from the vendors' pages alone."""
