"""Callers and their permissions: tokens, JWTs, scopes."""
