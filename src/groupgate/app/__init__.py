"""HTTP words: routes, requests, responses."""
