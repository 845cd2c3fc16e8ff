"""Trusted documents: a manifest of all that may be run, read at the start."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from graphql import GraphQLError, parse

from groupgate.app.misconfigured import Misconfigured
from groupgate.app.protocol.parameters import Parameters
from groupgate.app.protocol.persisted import persisted_query
from groupgate.app.protocol.request_error import NOT_TRUSTED, NOT_WELL_FORMED, RequestError
from groupgate.app.protocol.strict_json import NotJsonError, WrongShapeError, decode

_VARIABLE: Final = "GROUPGATE_TRUSTED_DOCUMENTS"

# The draft's appendix on persisted documents writes ids like this; most tools leave it away.
_PREFIX: Final = "sha256:"


class TrustedDocuments:
    """Runs the documents of a manifest, by their ids, and nothing else."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    @classmethod
    def of(cls, manifest: Path) -> "TrustedDocuments":
        """Read a manifest; raise Misconfigured if that cannot be done."""
        try:
            texts = _texts(manifest.read_bytes())
        except OSError as error:
            raise Misconfigured(f"{_VARIABLE}: {manifest}: {error.strerror}.") from None
        except NotJsonError as error:
            raise Misconfigured(f"{_VARIABLE}: {manifest} is not JSON: {error}.") from None
        except WrongShapeError as error:
            raise Misconfigured(f"{_VARIABLE}: {manifest} is no manifest: {error}") from None
        return cls({id_.removeprefix(_PREFIX): text for id_, text in texts.items()})

    def find(self, asked: Parameters) -> str:
        """Return the document that the request names; a text beside it must be the same."""
        id_ = _id_of(asked)
        if id_ is None:
            raise RequestError.saying(
                NOT_TRUSTED, "Only trusted documents are run here: send the id of one."
            )
        text = self._texts.get(id_.removeprefix(_PREFIX))
        if text is None:
            raise RequestError.saying(NOT_TRUSTED, "There is no trusted document with this id.")
        if asked.query not in {None, text}:
            raise RequestError.saying(NOT_TRUSTED, "The document sent is not the one with this id.")
        return text

    def accepted(self, asked: Parameters) -> None:
        """Nothing to note: the manifest is all there is."""


def _id_of(asked: Parameters) -> str | None:
    named = persisted_query(asked)
    given = (asked.document_id, asked.doc_id, asked.id, named.sha256_hash if named else None)
    id_ = next((each for each in given if each is not None), None)
    if id_ is not None and not isinstance(id_, str):
        raise RequestError.saying(NOT_WELL_FORMED, "The id of a document must be a string.")
    return id_


class _Operation(msgspec.Struct):
    id: str
    body: str


class _ApolloManifest(msgspec.Struct):
    format: Literal["apollo-persisted-query-manifest"]
    version: Literal[1]
    operations: list[_Operation]


def _texts(manifest: bytes) -> Mapping[str, str]:
    """Read the manifest of Apollo, or that of Relay and GraphQL Code Generator: id to text."""
    found = decode(manifest, dict[str, Any])
    try:
        if "format" in found:
            apollo = msgspec.convert(found, _ApolloManifest)
            texts = {operation.id: operation.body for operation in apollo.operations}
        else:
            texts = msgspec.convert(found, dict[str, str])
    except msgspec.ValidationError as error:
        raise WrongShapeError(f"{error}.") from None
    _check(texts)
    return texts


def _check(texts: Mapping[str, str]) -> None:
    if not texts:
        raise WrongShapeError("It has no documents.")
    for id_, text in texts.items():
        try:
            parse(text)
        except GraphQLError as error:
            raise WrongShapeError(f"Document {id_} does not parse: {error.message}") from None
