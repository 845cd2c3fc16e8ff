"""The gateway's own environment variables."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from groupgate.app.addresses import is_loopback, is_origin, scheme_and_host
from groupgate.schema.guardrails import DocumentLimits

_DEFAULTS = DocumentLimits()


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
    max_characters: PositiveInt = _DEFAULTS.characters
    """The longest text of a document."""
    max_tokens: PositiveInt = _DEFAULTS.tokens
    """The most lexical tokens of a document."""
    max_depth: PositiveInt = _DEFAULTS.depth
    """The most fields within one another."""
    max_fields: PositiveInt = _DEFAULTS.fields
    """The most fields, with every fragment written out."""
    max_aliases: PositiveInt = _DEFAULTS.aliases
    """The most aliases, likewise."""
    max_directives: PositiveInt = _DEFAULTS.directives
    """The most directives, likewise."""
    max_points: PositiveInt = _DEFAULTS.points
    """The highest cost of one operation, in points."""
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
    tokens_file: Path | None = None
    """A file of tokens, one a line as `groupgate token` prints it; read again when it changes."""
    tokens: str = ""
    """The same lines, with line breaks or semicolons between them."""
    jwt_issuer: str = ""
    """Whose JWTs are taken: their `iss`. Needs the next two."""
    jwt_audience: str = ""
    """What has to be in their `aud`."""
    jwt_jwks_url: str = ""
    """Where the issuer's public keys are, by https."""
    anonymous: Literal["none", "read", "write"] | None = None
    """What callers may do that show no token. Unless set: nothing if there are tokens or JWTs, else
    all, but then real vendors are served on loopback only."""
    rate_points_per_minute: NonNegativeInt = 0
    """How many points of cost one caller may ask for; 0 for no limit."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins whose pages may call from browsers, with commas between them, or `*` for all."""
    cors_credentials: bool = False
    """Whether those pages may send cookies. Tokens need no such permission."""
    deadline: PositiveFloat = 10
    """Seconds after which a request is answered with what is there by then."""
    upstream_calls_per_request: PositiveInt = 200
    """How many calls to vendors one request may need."""
    upstream_concurrency: PositiveInt = 16
    """How many calls a vendor gets at the same time."""
    dodo_rate_per_second: PositiveInt | None = 40
    """How many calls Dodo gets in any second; 40 and 240 are its lowest tier's (documented).
    Unless it is set, it follows what Dodo's own headers say."""
    dodo_rate_per_minute: PositiveInt | None = 240
    """The same, in any minute."""
    axim_rate_per_second: PositiveInt | None = None
    """How many calls Axim gets in any second. No limit is documented."""
    axim_rate_per_minute: PositiveInt | None = None
    """The same, in any minute."""
    twocheckout_rate_per_second: PositiveInt | None = None
    """How many calls 2Checkout gets in any second. No limit is documented."""
    twocheckout_rate_per_minute: PositiveInt | None = None
    """The same, in any minute."""
    cache_ttl: NonNegativeFloat = 5
    """Seconds in which a vendor's answer is given to other requests too; 0 for never."""
    cache_stale_if_error: NonNegativeFloat = 300
    """Seconds in which a vendor's last answer stands in for its failure; 0 for never."""
    cache_bytes: PositiveInt = 64 * 1024 * 1024
    """How much of each vendor's answers is kept."""
    allow_insecure_upstream: bool = False
    """Whether vendors on other machines may be called by http://, keys and all."""

    @property
    def limits(self) -> DocumentLimits:
        """What a document may be and ask for."""
        return DocumentLimits(
            characters=self.max_characters,
            tokens=self.max_tokens,
            depth=self.max_depth,
            fields=self.max_fields,
            aliases=self.max_aliases,
            directives=self.max_directives,
            points=self.max_points,
        )

    @property
    def knows_callers(self) -> bool:
        """Whether callers can say who they are."""
        return bool(self.tokens_file or self.tokens or self.jwt_issuer)

    @field_validator("jwt_jwks_url")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        scheme, host = scheme_and_host(value)
        if value and not (scheme == "https" or (scheme == "http" and is_loopback(host))):
            raise ValueError("GROUPGATE_JWT_JWKS_URL must be an https address.")
        return value

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(one.strip() for one in value.split(",") if one.strip())

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(one == "*" or is_origin(one) for one in value):
            raise ValueError(
                "GROUPGATE_CORS_ORIGINS must hold origins as browsers send them, such as "
                "https://shop.example or http://localhost:3000, without a path."
            )
        return value

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        jwt = (self.jwt_issuer, self.jwt_audience, self.jwt_jwks_url)
        if any(jwt) and not all(jwt):
            raise ValueError(
                "GROUPGATE_JWT_ISSUER, GROUPGATE_JWT_AUDIENCE and GROUPGATE_JWT_JWKS_URL must be "
                "set together."
            )
        if self.anonymous == "none" and not self.knows_callers:
            raise ValueError(
                "GROUPGATE_ANONYMOUS=none lets nobody call, for there are no tokens and no JWTs."
            )
        if "*" in self.cors_origins and self.cors_credentials:
            raise ValueError(
                "GROUPGATE_CORS_CREDENTIALS cannot be on while GROUPGATE_CORS_ORIGINS has `*`."
            )
        return self
