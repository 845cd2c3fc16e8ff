"""Who calls, and what they may do: tokens, JWTs, scopes."""
