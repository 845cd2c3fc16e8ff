"""The gateway's own environment variables."""

from pathlib import Path
from typing import Literal

from pydantic import PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """How the gateway behaves. An empty variable counts as unset."""

    model_config = SettingsConfigDict(
        env_prefix="GROUPGATE_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is logged."""
    log_format: Literal["text", "json"] = "text"
    """Lines for people, or one JSON object a line."""
    http_statuses: Literal["standard", "draft"] = "standard"
    """Statuses as today's clients know them, or those of the GraphQL-over-HTTP draft (422, 294)."""
    max_body_bytes: PositiveInt = 1_048_576
    """The largest body that is read; larger ones are answered with 413."""
    idempotency_ttl: PositiveInt = 86_400
    """Seconds for which the result of a mutation with an `Idempotency-Key` is answered again."""
    trusted_documents: Path | None = None
    """A manifest of Relay, Apollo or GraphQL Code Generator; then only its documents are run."""
    introspection: bool = True
    """Whether clients may ask for the schema, at /graphql or as /schema.graphql."""
    suggestions: bool = True
    """Whether errors say which name may have been meant."""
    explorer: bool = True
    """Whether GraphiQL is served at / and, to browsers, at /graphql."""
