"""The fourteen mutations: each decodes its arguments, runs its command, and tells how it ended."""
