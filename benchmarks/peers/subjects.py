"""The gateways that are compared, each with its settings, and the modes of the comparison."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from benchmarks.peers.data import Dialect

NODE: Final = Path(__file__).parent / "node"
SUPERGRAPH: Final = NODE / "node_modules/supergraph.graphql"
LATENCY: Final = 0.05
"""Seconds that the slow upstream takes for each call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A gateway with its settings; `{upstream}` and `{port}` are replaced when it starts."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    is_slow: bool = False
    """True if its upstream takes LATENCY for each call."""
    is_bare: bool = False
    """True for the app that returns groupgate's bytes; one is started for each query."""
    dialect: Dialect = Dialect.PEERS


def _groupgate(settings: str, **given: str) -> Subject:
    return Subject(
        name=f"groupgate, {settings}",
        command=(sys.executable, "-m", "groupgate", "serve", "--port", "{port}"),
        environment={
            "DODO_PAYMENTS_API_KEY": "key",
            "DODO_PAYMENTS_BASE_URL": "{upstream}",
            "GROUPGATE_DODO_RATE_PER_SECOND": "1000000",
            "GROUPGATE_DODO_RATE_PER_MINUTE": "60000000",
            "GROUPGATE_ANONYMOUS": "read",
            **given,
        },
        dialect=Dialect.GROUPGATE,
    )


def _node(name: str, script: str, *, is_slow: bool = False, **given: str) -> Subject:
    return Subject(
        name=name,
        command=("node", str(NODE / script)),
        environment=_NODE_ENVIRONMENT | given,
        is_slow=is_slow,
    )


def _hive(settings: str, **given: str) -> Subject:
    return Subject(
        name=f"Hive Gateway, {settings}",
        command=(
            "node",
            str(NODE / "node_modules/.bin/hive-gateway"),
            *("supergraph", "--config-path", str(NODE / "gateway.config.mjs")),
        ),
        environment=_NODE_ENVIRONMENT | given,
        dialect=Dialect.HIVE,
    )


def _tailcall(settings: str) -> Subject:
    return Subject(
        name=f"Tailcall, {settings}",
        command=(
            sys.executable,
            *("-m", "benchmarks.peers.tailcall", "{port}", "{folder}", settings),
        ),
        environment={"UPSTREAM": "{upstream}", "TAILCALL_LOG_LEVEL": "error"},
        dialect=Dialect.TAILCALL,
    )


_NODE_ENVIRONMENT: Final = {"UPSTREAM": "{upstream}", "PORT": "{port}", "NODE_ENV": "production"}
_NO_RESPONSES: Final = {"GROUPGATE_RESPONSE_CACHE_BYTES": "0"}
_LONG: Final = {"GROUPGATE_CACHE_TTL": "3600"}

_COLD: Final = _groupgate("cold", GROUPGATE_CACHE_TTL="0", **_NO_RESPONSES)
# An answer that is kept for the case of an error is compared with the next one.
_DECODED: Final = _groupgate(
    "cold, nothing kept",
    GROUPGATE_CACHE_TTL="0",
    GROUPGATE_CACHE_STALE_IF_ERROR="0",
    **_NO_RESPONSES,
)
_COLD_SLOW: Final = replace(
    _groupgate(
        "cold, 50 ms",
        GROUPGATE_CACHE_TTL="0",
        GROUPGATE_UPSTREAM_CONCURRENCY="64",
        **_NO_RESPONSES,
    ),
    is_slow=True,
)
_WARM: Final = _groupgate("warm", **_NO_RESPONSES, **_LONG)
_HOT: Final = _groupgate("hot", **_LONG)
DEFAULT: Final = _groupgate("default settings")
# Sharing needs freshness above 0: no response is used again after it.
_SHARED: Final = _groupgate(
    "equal queries at once", GROUPGATE_CACHE_TTL="0.000001", **_NO_RESPONSES
)
YOGA: Final = _node("yoga + JIT", "yoga.mjs")
_YOGA_SLOW: Final = _node("yoga + JIT, 50 ms", "yoga.mjs", is_slow=True)
_YOGA_CACHE: Final = _node("yoga, response cache", "yoga.mjs", RESPONSE_CACHE="1")
MERCURIUS: Final = _node("Mercurius + JIT", "mercurius.mjs")
_MERCURIUS_SLOW: Final = _node("Mercurius + JIT, 50 ms", "mercurius.mjs", is_slow=True)
HIVE: Final = _hive("JIT")
_HIVE_HTTP_CACHE: Final = _hive("HTTP cache", HTTP_CACHE="1")
_HIVE_CACHE: Final = _hive("response cache", RESPONSE_CACHE="1")
_HIVE_SHARED: Final = _hive("deduplication", DEDUPLICATION="1")
TAILCALL: Final = _tailcall("no cache")
_TAILCALL_CACHE: Final = _tailcall("cache")
_TAILCALL_SHARED: Final = _tailcall("deduplication")
_BARE: Final = Subject(
    name="bare ASGI app",
    command=(sys.executable, "-m", "benchmarks.peers.bare", "{port}", "{answer}"),
    environment={},
    is_bare=True,
    dialect=Dialect.GROUPGATE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """Subjects that are measured one after another; ratios are those of the first one."""

    name: str
    title: str
    subjects: tuple[Subject, ...]
    unique: Mapping[str, str] = field(default_factory=dict)
    """By the subject's name what makes its requests different; "number" unless given."""
    queries: tuple[str, ...] = ("Q1", "Q1x50", "Q2", "Q3")


MODES: Final = (
    Mode(
        name="cold",
        title="cold: each request asks the upstream",
        subjects=(_COLD, YOGA, MERCURIUS, HIVE, TAILCALL),
    ),
    Mode(
        name="decoded",
        title="cold, and each answer is decoded and converted",
        subjects=(_DECODED, YOGA),
    ),
    Mode(
        name="warm",
        title="warm: the upstream's answers are cached",
        subjects=(_WARM, _YOGA_CACHE, _HIVE_HTTP_CACHE, _TAILCALL_CACHE),
        unique={_YOGA_CACHE.name: ""},
    ),
    Mode(
        name="default",
        title="default settings",
        subjects=(DEFAULT, YOGA),
        unique={DEFAULT.name: "", YOGA.name: ""},
    ),
    Mode(
        name="hot",
        title="hot: responses are cached as bytes",
        subjects=(_HOT, _BARE, _YOGA_CACHE, _HIVE_CACHE, _TAILCALL_CACHE),
        unique=dict.fromkeys(
            (_HOT.name, _BARE.name, _YOGA_CACHE.name, _HIVE_CACHE.name, _TAILCALL_CACHE.name), ""
        ),
    ),
    Mode(
        name="shared",
        title="equal queries at once, nothing cached",
        subjects=(_SHARED, YOGA, _HIVE_SHARED, _TAILCALL_SHARED),
        unique=dict.fromkeys(
            (_SHARED.name, YOGA.name, _HIVE_SHARED.name, _TAILCALL_SHARED.name), ""
        ),
        queries=("Q1", "Q2", "Q3"),
    ),
    Mode(
        name="latency",
        title="upstream with 50 ms",
        subjects=(_COLD_SLOW, _YOGA_SLOW, _MERCURIUS_SLOW),
        queries=("Q1", "Q1x50", "Q2"),
    ),
    Mode(
        name="known",
        title="known documents, for the next table",
        subjects=(_WARM, YOGA),
        queries=("Q1", "Q2"),
    ),
    Mode(
        name="new",
        title="documents never seen before",
        subjects=(_WARM, YOGA),
        unique={_WARM.name: "document", YOGA.name: "document"},
        queries=("Q1", "Q2"),
    ),
)
