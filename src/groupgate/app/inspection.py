"""Inspection of what the settings name: files, the issuer's keys, the stores and the vendors."""

import asyncio
import time
from collections.abc import Awaitable, Iterator, Mapping
from dataclasses import dataclass

from groupgate.app.auth.jwks import KeySource, KeysUnusableError, MakeTransport
from groupgate.app.auth.tokens import TokenStore
from groupgate.app.protocol.documents import Documents
from groupgate.app.protocol.trusted_documents import TrustedDocuments
from groupgate.app.settings import Settings
from groupgate.domain.errors import Unreachable, UpstreamError
from groupgate.domain.provider import Provider
from groupgate.domain.refs import AccountKey
from groupgate.schema.build import build_schema
from groupgate.stores import StoreConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found about one subject: a problem, or "" if it works, and a detail if it does."""

    subject: str
    problem: str = ""
    detail: str = ""
    milliseconds: float | None = None


class _FailedError(Exception):
    """A subject does not work; the message is the problem."""


def inspect_files(settings: Settings) -> list[Finding]:
    """Read the files that the settings name; raise Misconfigured if one cannot be used."""
    return [*_tokens(settings), *_trusted_documents(settings)]


def _tokens(settings: Settings) -> Iterator[Finding]:
    if settings.tokens or settings.tokens_file:
        count = TokenStore(settings.tokens, settings.tokens_file).count
        yield Finding(subject="Tokens", detail=_counted(count, "token"))


def _trusted_documents(settings: Settings) -> Iterator[Finding]:
    if settings.trusted_documents is not None:
        documents = Documents(
            build_schema()._schema,  # noqa: SLF001 - strawberry has no public access to it
            settings.limits,
            introspection=settings.introspection,
            suggestions=settings.suggestions,
        )
        count = TrustedDocuments(settings.trusted_documents, documents.check).count
        yield Finding(subject="Trusted documents", detail=_counted(count, "document"))


async def inspect_services(
    settings: Settings,
    providers: Mapping[AccountKey, Provider],
    store: StoreConnection | None,
    transport: MakeTransport,
) -> list[Finding]:
    """Call each service that the settings name once, all at the same time.

    `transport` makes the connection to the issuer of JWTs. Raises Misconfigured if the store
    rejects the credentials.
    """
    calls = [] if store is None else [_timed("Redis", _store(store))]
    if settings.jwt_issuer:
        keys = KeySource(settings.jwt_jwks_url, transport)
        calls.append(_timed("Keys of the JWT issuer", _issuer(keys)))
    vendors = (_timed(key.title, _vendor(provider)) for key, provider in providers.items())
    return await asyncio.gather(*calls, *vendors)


async def _timed(subject: str, call: Awaitable[str]) -> Finding:
    problem = detail = ""
    started = time.perf_counter()
    try:
        detail = await call
    except _FailedError as error:
        problem = str(error)
    milliseconds = (time.perf_counter() - started) * 1000
    return Finding(subject=subject, problem=problem, detail=detail, milliseconds=milliseconds)


async def _store(store: StoreConnection) -> str:
    await store.check()
    if not await store.probe():
        raise _FailedError("Redis could not be reached, or stores nothing.")
    await store.aclose()
    return ""


async def _issuer(keys: KeySource) -> str:
    try:
        found = await keys.fetch()
    except KeysUnusableError as error:
        raise _FailedError(f"The keys could not be read: {error}.") from None
    if not found:
        raise _FailedError("The issuer has no keys.")
    return _counted(len(found), "key")


async def _vendor(provider: Provider) -> str:
    try:
        await provider.ping()
    except UpstreamError as error:
        problem = error.message
        if isinstance(error, Unreachable) and error.reason:
            problem = f"{problem.rstrip('.')}: {error.reason}."
        raise _FailedError(problem) from None
    return ""


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
