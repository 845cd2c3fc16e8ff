"""Every shape of the vendors' responses can be decoded leniently."""

from types import ModuleType
from typing import Any

import pytest
from msgspec import Struct

from groupgate.decoding.lenient_json import UnfitError, decode_leniently
from groupgate.providers.axim import wire as axim
from groupgate.providers.dodo import wire as dodo
from groupgate.providers.two_checkout import wire as two_checkout


def structs_of(module: ModuleType) -> list[Any]:
    """Return the structs that a module defines."""
    return [
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, Struct)
        and each.__module__ == module.__name__
    ]


SHAPES = [each for module in (axim, dodo, two_checkout) for each in structs_of(module)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_is_known_to_the_lenient_decoder(shape: Any) -> None:
    """A field of a type that the decoder does not know would raise KeyError."""
    with pytest.raises(UnfitError):
        decode_leniently(b'"text"', shape)
