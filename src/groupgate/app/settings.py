"""The gateway's own settings: the one place where each is declared."""

import re
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import create_model, field_validator, model_validator

from groupgate.app.addresses import has_valid_port, is_loopback, is_origin, scheme_and_host
from groupgate.configuration.model import (
    Count,
    CountOrZero,
    Port,
    Seconds,
    SecondsOrZero,
    Secret,
    SettingsModel,
    WholeSeconds,
)
from groupgate.domain.refs import ProviderKey
from groupgate.schema.guardrails import DocumentLimits

RateWindow = Literal["per_second", "per_minute"]

SettingsT = TypeVar("SettingsT", bound=SettingsModel)

_DEFAULTS = DocumentLimits()


def rate_setting(key: ProviderKey, window: RateWindow) -> str:
    """Return the name of the setting that limits the calls to a vendor in this window."""
    return f"{key.value.replace('_', '').lower()}_rate_{window}"


def _with_vendor_rates(settings: type[SettingsT]) -> type[SettingsT]:
    """Add a rate setting for each vendor and window, such as GROUPGATE_DODO_RATE_PER_SECOND."""
    names = [
        rate_setting(key, window) for key in ProviderKey for window in ("per_second", "per_minute")
    ]
    fields: dict[str, Any] = dict.fromkeys(names, (Count | None, None))
    return create_model(settings.__name__, __base__=settings, __doc__=settings.__doc__, **fields)


_DATABASE: Final = re.compile(r"/?|/[0-9]+")
_ENCRYPTION_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}=")


@_with_vendor_rates
class Settings(SettingsModel):
    """The settings of the gateway.

    The number of calls that a vendor receives in any second or minute is a setting for each vendor
    (`rate_setting`). If it is unset, the default of the vendor's package applies, and changes when
    the vendor's rate limit headers report another limit.
    """

    variable_prefix: ClassVar[str] = "GROUPGATE_"

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The lowest level that is logged."""
    log_format: Literal["text", "json"] = "text"
    """Text for people, or one JSON object a line."""
    access_log: bool = False
    """True to log each request to /graphql at info."""
    audit_log: str = ""
    """A file for one line of JSON for each mutation that may have changed a vendor; `-` is standard
    output. Without it there are no such lines."""
    traces: bool = False
    """True to export spans by OpenTelemetry, which the variables OTEL_* configure."""
    propagate_trace: bool = False
    """True to send the header `traceparent` to vendors."""
    propagate_request_id: bool = False
    """True to send the id of the request to vendors, as the header `X-Request-Id`."""
    metrics: bool = True
    """True to count events, and to serve the counts for Prometheus at /metrics."""
    metrics_port: Port | None = None
    """A port for /metrics, on the same host; None to serve it on the gateway's port."""
    http_statuses: Literal["standard", "draft"] = "standard"
    """Statuses that current clients know, or those of the GraphQL-over-HTTP draft (422, 294)."""
    max_body_bytes: Count = 1_048_576
    """The largest body that is read; a larger one gets status 413."""
    max_bodies_bytes: Count = 64 * 1024 * 1024
    """The most bytes of all bodies at a time; further requests get status 503."""
    max_characters: Count = _DEFAULTS.characters
    """The most characters of a document."""
    max_tokens: Count = _DEFAULTS.tokens
    """The most lexical tokens of a document."""
    max_depth: Count = _DEFAULTS.depth
    """The deepest nesting of fields."""
    max_fields: Count = _DEFAULTS.fields
    """The most fields of a document, with every fragment expanded."""
    max_aliases: Count = _DEFAULTS.aliases
    """The most aliases of a document, with every fragment expanded."""
    max_directives: Count = _DEFAULTS.directives
    """The most directives of a document, with every fragment expanded."""
    max_points: Count = _DEFAULTS.points
    """The highest cost of one operation, in points."""
    redis_url: str = ""
    """The URL of a Redis 7 or Valkey 8, which the processes of one deployment share."""
    redis_timeout: Seconds = 0.05
    """Seconds for which a read waits for Redis before it goes on without it."""
    redis_encryption_key: Secret = ""
    """Keys, separated by commas, for what is stored in Redis; the first one encrypts."""
    idempotency_ttl: WholeSeconds = 86_400
    """Seconds for which the result of a mutation with an `Idempotency-Key` is stored."""
    accounts: Path | None = None
    """A TOML file of named accounts, of which a vendor can have several."""
    trusted_documents: Path | None = None
    """A manifest of Relay, Apollo or GraphQL Code Generator; other documents are rejected."""
    introspection: bool = True
    """True if clients may read the schema, at /graphql or as /schema.graphql."""
    suggestions: bool = True
    """True if errors suggest similar names."""
    explorer: bool = True
    """True if GraphiQL is served at / and, to browsers, at /graphql."""
    compiled_plans: bool = True
    """True to execute queries by compiled plans; false to execute them by graphql-core."""
    tokens_file: Path | None = None
    """A file of tokens, one a line as `groupgate token` prints it; read again when it changes."""
    tokens: Secret = ""
    """The same lines, separated by line breaks or semicolons."""
    jwt_issuer: str = ""
    """The `iss` of JWTs that are accepted. Requires the next two settings."""
    jwt_audience: str = ""
    """The value that their `aud` must contain."""
    jwt_jwks_url: str = ""
    """The https URL of the issuer's public keys."""
    anonymous: Literal["none", "read", "write"] | None = None
    """The permissions of callers without a token. Default: `none` if tokens or JWTs are configured,
    else `write`, but then a gateway with real vendor keys listens on loopback addresses only."""
    rate_points_per_minute: CountOrZero = 0
    """Points of cost that one caller may use in a minute; 0 for no limit."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may call the gateway from browsers, separated by commas; `*` for all."""
    cors_credentials: bool = False
    """True if those pages may send cookies. Tokens work without this permission."""
    keep_alive: WholeSeconds = 75
    """Seconds for which an idle connection of a client is kept open. Must be longer than those of
    the load balancer in front of the gateway, which would reuse a connection that is closed."""
    shutdown_delay: SecondsOrZero = 0
    """Seconds after the first signal in which requests are still accepted, while `/readyz` has
    status 503: the time that load balancers take to notice."""
    deadline: Seconds = 10
    """Seconds after which a request is answered with the data that has arrived."""
    max_requests: Count = 500
    """The most operations at the same time; others get status 503."""
    upstream_calls_per_request: Count = 200
    """The most calls to vendors that one request may make."""
    upstream_concurrency: Count = 16
    """The most calls to each vendor at the same time."""
    cache_ttl: SecondsOrZero = 5
    """Seconds for which a vendor's response is reused by other requests; 0 disables this."""
    cache_stale_if_error: SecondsOrZero = 300
    """Seconds for which a vendor's last response is served if the vendor fails; 0 disables this."""
    cache_bytes: Count = 64 * 1024 * 1024
    """Bytes of each vendor's responses that are cached."""
    response_cache_bytes: CountOrZero = 32 * 1024 * 1024
    """Bytes of encoded responses to queries that are used again; 0 disables this."""
    public_max_age: CountOrZero = 0
    """Seconds for which shared caches may store the responses to GET; 0 for no shared caching."""
    allow_insecure_upstream: bool = False
    """True if vendors on other machines may be called by http://, which sends keys unencrypted."""

    @property
    def limits(self) -> DocumentLimits:
        """The limits of documents."""
        return DocumentLimits(
            characters=self.max_characters,
            tokens=self.max_tokens,
            lines=max(_DEFAULTS.lines, self.max_tokens),
            depth=self.max_depth,
            fields=self.max_fields,
            aliases=self.max_aliases,
            directives=self.max_directives,
            points=self.max_points,
        )

    @property
    def knows_callers(self) -> bool:
        """True if callers can authenticate."""
        return bool(self.tokens_file or self.tokens or self.jwt_issuer)

    @property
    def anonymous_permission(self) -> str:
        """What callers without a token may do: `none`, `read` or `write`."""
        return self.anonymous or ("none" if self.knows_callers else "write")

    @field_validator("jwt_jwks_url")
    @classmethod
    def _check_jwks_url(cls, value: str) -> str:
        scheme, host = scheme_and_host(value)
        is_safe = scheme == "https" or (scheme == "http" and is_loopback(host))
        if value and not (is_safe and has_valid_port(value)):
            raise ValueError("must be an https address")
        if "@" in urlsplit(value).netloc:
            raise ValueError("must have no user name or password before the host")
        return value

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, value: str) -> str:
        scheme, host = scheme_and_host(value)
        is_redis = scheme in {"redis", "rediss"} and host
        # The client of Redis takes the database 0 for a path that is no number.
        if value and not (is_redis and _DATABASE.fullmatch(urlsplit(value).path)):
            raise ValueError("must be the URL of a Redis, such as redis://redis:6379/0")
        return value

    @field_validator("redis_encryption_key")
    @classmethod
    def _check_encryption_key(cls, value: str) -> str:
        if not all(_ENCRYPTION_KEY.fullmatch(key.strip()) for key in value.split(",") if value):
            raise ValueError(
                "must be 32 random bytes in base64url, as `openssl rand -base64 32 | tr +/ -_` "
                "prints them; several keys are separated by commas"
            )
        return value

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(origin == "*" or is_origin(origin) for origin in value):
            raise ValueError(
                "must contain origins as browsers send them, such as https://shop.example or "
                "http://localhost:3000, without a path"
            )
        return value

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        jwt = (self.jwt_issuer, self.jwt_audience, self.jwt_jwks_url)
        if any(jwt) and not all(jwt):
            raise ValueError(
                "GROUPGATE_JWT_ISSUER, GROUPGATE_JWT_AUDIENCE and GROUPGATE_JWT_JWKS_URL must be "
                "set together."
            )
        if self.anonymous == "none" and not self.knows_callers:
            raise ValueError(
                "GROUPGATE_ANONYMOUS=none rejects every caller, because neither tokens nor JWTs "
                "are configured."
            )
        if self.public_max_age and self.knows_callers:
            raise ValueError(
                "GROUPGATE_PUBLIC_MAX_AGE requires that all callers see the same: remove it, or "
                "the tokens and JWTs."
            )
        if "*" in self.cors_origins and self.cors_credentials:
            raise ValueError(
                "GROUPGATE_CORS_CREDENTIALS cannot be true while GROUPGATE_CORS_ORIGINS has `*`."
            )
        return self
