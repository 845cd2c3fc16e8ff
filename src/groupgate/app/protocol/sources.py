"""Where documents come from: written into the request, or named by it."""

from typing import Protocol

from groupgate.app.protocol.parameters import Parameters


class DocumentSource(Protocol):
    """Knows the text of the document that a request wants executed."""

    def find(self, asked: Parameters) -> str:
        """Return the text; raise Refusal if there is none."""

    def accepted(self, asked: Parameters) -> None:
        """Note that the document of this request is valid."""
