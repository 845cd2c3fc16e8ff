"""JSON as its specification has it, and no more: what decoders let pass is refused here."""

import json
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

import msgspec

MOST_VALUES = 10_000
"""How many values may be in one text, counted on the high side; a mutation takes 1,000 ids."""

DecodedT = TypeVar("DecodedT")


class NotJsonError(Exception):
    """The text is not JSON, or more than is read; the message ends a sentence."""


class WrongShapeError(Exception):
    """It is JSON, but not what is expected; the message is a sentence."""


def decode(raw: bytes, shape: type[DecodedT]) -> DecodedT:
    """Decode JSON into a type that msgspec knows. Raises NotJsonError or WrongShapeError."""
    try:
        _check(raw)
        return msgspec.json.decode(raw, type=shape)
    except RecursionError:
        raise NotJsonError("it is nested too deeply") from None
    except msgspec.ValidationError as error:
        raise WrongShapeError(f"{error}.") from None
    except ValueError:  # the other decoder took it: it does not mind half of a surrogate pair
        raise NotJsonError("a string in it is not Unicode") from None


def _check(raw: bytes) -> None:
    """Read it with the standard library, which can tell names that are given twice.

    Numbers are left as they are written: some have more digits than Python converts.
    """
    if raw.count(b",") + raw.count(b":") > MOST_VALUES:
        raise NotJsonError(f"it holds more than {MOST_VALUES:,} values")
    try:
        json.loads(
            raw.decode(),
            object_pairs_hook=_check_names,
            parse_constant=_refuse_constant,
            parse_float=str,
            parse_int=str,
        )
    except UnicodeDecodeError:
        raise NotJsonError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotJsonError(str(error)) from None


def _check_names(pairs: Sequence[tuple[str, Any]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise NotJsonError("an object in it has the same name twice")


def _refuse_constant(name: str) -> NoReturn:
    raise NotJsonError(f"{name} is no number in JSON")
