"""HTTP/1.1 without the objects of httpx for each call: connections, transport, exchange."""
