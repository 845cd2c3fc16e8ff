"""Limits: how large a document may be, and how much it may ask for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLimits:
    """The defaults keep parsing and validating any document below 100 ms.

    They leave room: introspection with all options has 191 tokens and 232 fields in 15 levels; a
    thousand ids written into a document are a thousand tokens.
    """

    characters: int = 65_536
    """Length of the text, comments and white space included."""
    tokens: int = 1_500
    """Words, numbers, strings, signs and comments."""
    brackets: int = 64
    """Brackets of any kind within one another."""
    operations: int = 20
    """Operations: validation goes through all fragments anew for each."""
    depth: int = 20
    """Fields within one another, through fragments."""
    fields: int = 400
    """Fields with every fragment written out wherever it is spread; so are the three below."""
    aliases: int = 100
    """Fields under another name than their own."""
    directives: int = 100
    """Directives."""
    introspections: int = 10
    """`__schema` and `__type`: they cost nothing, but their answers are long."""
    comparisons: int = 20_000
    """Steps that validation takes to compare fields selected twice."""
    points: int = 100_000
    """Cost of one operation, see `cost`."""
