"""Trusted documents: those of a manifest, by their ids; the choice between them and any others."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import msgspec
import structlog

from groupgate.app.protocol.documents import PersistedDocuments
from groupgate.app.protocol.request_error import NOT_TRUSTED, NOT_WELL_FORMED, RequestError
from groupgate.app.protocol.requests import (
    NotJsonError,
    Parameters,
    WrongShapeError,
    decode_json,
    persisted_query,
)
from groupgate.app.settings import Settings
from groupgate.configuration.model import Misconfigured
from groupgate.stores import DocumentStore

_log = structlog.get_logger()

_MANIFEST_VARIABLE: Final = "GROUPGATE_TRUSTED_DOCUMENTS"

# The appendix of the draft on persisted documents requires the prefix; most tools omit it.
_ID_PREFIX: Final = "sha256:"

CheckDocument = Callable[[str], None]
"""Raises RequestError if a document cannot be executed."""


class DocumentSource(Protocol):
    """Finds the text of the document that a request asks for."""

    async def find(self, parameters: Parameters) -> str:
        """Return the text; raise RequestError if there is none."""

    async def accept(self, parameters: Parameters) -> None:
        """Note that the document of this request is valid."""

    def reload(self) -> None:
        """Read the documents again, if they are those of a file."""


class TrustedDocuments:
    """Executes the documents of a manifest by their ids, and no other document."""

    def __init__(self, manifest: Path, check: CheckDocument) -> None:
        """Read a manifest; raise Misconfigured if it, or a document in it, cannot be used."""
        self._manifest = manifest
        self._check = check
        self._texts = _read_texts(manifest, check)

    @property
    def count(self) -> int:
        """The number of documents."""
        return len(self._texts)

    async def find(self, parameters: Parameters) -> str:
        """Return the document that the request names; a text beside the id must be equal to it."""
        id_ = _document_id(parameters)
        if id_ is None:
            message = "This gateway executes trusted documents only; send the id of one."
            raise RequestError.with_message(NOT_TRUSTED, message)
        text = self._texts.get(id_.removeprefix(_ID_PREFIX))
        if text is None:
            message = "There is no trusted document with this id."
            raise RequestError.with_message(NOT_TRUSTED, message)
        if parameters.query not in {None, text}:
            message = "The document in the request differs from the trusted document with this id."
            raise RequestError.with_message(NOT_TRUSTED, message)
        return text

    async def accept(self, parameters: Parameters) -> None:
        """Do nothing: requests do not change the manifest."""

    def reload(self) -> None:
        """Read the manifest again; if it cannot be used, the documents before stay in force."""
        try:
            self._texts = _read_texts(self._manifest, self._check)
        except Misconfigured as error:
            _log.error("documents_reload_failed", problem=str(error))
        else:
            _log.info("documents_reloaded", file=str(self._manifest), documents=len(self._texts))


def document_source(
    settings: Settings, store: DocumentStore, check: CheckDocument
) -> DocumentSource:
    """Return the source that the settings choose; raise Misconfigured if it cannot be used."""
    if settings.trusted_documents is None:
        return PersistedDocuments(store)
    return TrustedDocuments(settings.trusted_documents, check)


def _read_texts(manifest: Path, check: CheckDocument) -> Mapping[str, str]:
    """Return the texts of a manifest by their ids; raise Misconfigured if one cannot be used."""
    try:
        texts = _read_manifest(manifest.read_bytes())
        _check_texts(texts, check)
    except OSError as error:
        problem = f": {error.strerror}."
    except NotJsonError as error:
        problem = f" is not JSON: {error}."
    except WrongShapeError as error:
        problem = f" is not a valid manifest: {error}"
    else:
        return {id_.removeprefix(_ID_PREFIX): text for id_, text in texts.items()}
    raise Misconfigured(f"{_MANIFEST_VARIABLE}: {manifest}{problem}")


def _document_id(parameters: Parameters) -> str | None:
    persisted = persisted_query(parameters)
    given = (
        parameters.document_id,
        parameters.doc_id,
        parameters.id,
        persisted.sha256_hash if persisted else None,
    )
    id_ = next((value for value in given if value is not None), None)
    if id_ is not None and not isinstance(id_, str):
        message = "The id of a document must be a string."
        raise RequestError.with_message(NOT_WELL_FORMED, message)
    return id_


class _Operation(msgspec.Struct):
    id: str
    body: str


class _ApolloManifest(msgspec.Struct):
    format: Literal["apollo-persisted-query-manifest"]
    version: Literal[1]
    operations: list[_Operation]


def _read_manifest(manifest: bytes) -> Mapping[str, str]:
    """Return texts by id from a manifest of Apollo, Relay or GraphQL Code Generator."""
    content = decode_json(manifest, dict[str, Any])
    try:
        if "format" in content:
            apollo = msgspec.convert(content, _ApolloManifest)
            texts = {operation.id: operation.body for operation in apollo.operations}
        else:
            texts = msgspec.convert(content, dict[str, str])
    except msgspec.ValidationError as error:
        raise WrongShapeError(f"{error}.") from None
    return texts


def _check_texts(texts: Mapping[str, str], check: CheckDocument) -> None:
    if not texts:
        raise WrongShapeError("No documents found.")
    for id_, text in texts.items():
        try:
            check(text)
        except RequestError as error:
            message = f"Document {id_} cannot be executed: {error.errors[0]['message']}"
            raise WrongShapeError(message) from None
