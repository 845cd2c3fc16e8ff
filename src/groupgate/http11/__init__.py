"""An HTTP/1.1 transport for httpx, which imports nothing of the gateway."""
