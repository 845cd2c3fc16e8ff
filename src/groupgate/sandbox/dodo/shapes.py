"""Shapes of JSON bodies: each checks a value, names the path that fails, drops unknown fields."""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any
from uuid import UUID

from groupgate.sandbox.dodo.errors import invalid_body

Shape = Callable[[Any, str], Any]
"""Takes a value and its path, returns the value without what the vendor does not know."""

MOST_INT32 = 2**31 - 1


def _expect(fits: bool, path: str, what: str) -> None:  # noqa: FBT001 - the check is the argument
    if not fits:
        raise invalid_body(f"{path or 'body'}: expected {what}")


def text(longest: int | None = None) -> Shape:
    """Make the shape of a string."""

    def check(value: Any, path: str) -> Any:
        _expect(isinstance(value, str), path, "a string")
        _expect(longest is None or len(value) <= longest, path, f"at most {longest} characters")
        return value

    return check


def integer(least: int = 0, most: int = MOST_INT32) -> Shape:
    """Make the shape of a whole number; true and 1.0 are none."""

    def check(value: Any, path: str) -> Any:
        _expect(type(value) is int and least <= value <= most, path, f"{least} to {most}")
        return value

    return check


def boolean(value: Any, path: str) -> Any:
    """Expect true or false."""
    _expect(isinstance(value, bool), path, "true or false")
    return value


def uuid(value: Any, path: str) -> Any:
    """Expect the usual spelling of a UUID."""
    try:
        fits = str(UUID(value)) == value.lower()
    except (AttributeError, TypeError, ValueError):
        fits = False
    _expect(fits, path, "a UUID")
    return value


def scalar(value: Any, path: str) -> Any:
    """Expect what metadata may hold: a string to 500 characters, a number, true or false."""
    if isinstance(value, str):
        return text(500)(value, path)
    fits = isinstance(value, bool | int | float) and isfinite(value)
    _expect(fits, path, "a string, a number, true or false")
    return value


def one_of(*choices: str) -> Shape:
    """Make the shape of an enum."""

    def check(value: Any, path: str) -> Any:
        _expect(isinstance(value, str) and value in choices, path, f"one of {', '.join(choices)}")
        return value

    return check


def nullable(shape: Shape) -> Shape:
    """Let null through beside this shape."""
    return lambda value, path: None if value is None else shape(value, path)


def many(shape: Shape, most: int | None = None) -> Shape:
    """Make the shape of an array."""

    def check(value: Any, path: str) -> Any:
        _expect(isinstance(value, list), path, "an array")
        _expect(most is None or len(value) <= most, path, f"at most {most} entries")
        return [shape(entry, f"{path}[{index}]") for index, entry in enumerate(value)]

    return check


def pairs(shape: Shape, most: int, longest_key: int) -> Shape:
    """Make the shape of an object with free keys."""

    def check(value: Any, path: str) -> Any:
        _expect(isinstance(value, dict) and len(value) <= most, path, f"at most {most} pairs")
        short = all(len(key) <= longest_key for key in value)
        _expect(short, path, f"keys of at most {longest_key} characters")
        return {key: shape(entry, f"{path}.{key}") for key, entry in value.items()}

    return check


def record(required: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> Shape:
    """Make the shape of an object; fields it does not name are ignored (assumed)."""
    known = {**required, **(optional or {})}

    def check(value: Any, path: str) -> Any:
        _expect(isinstance(value, dict), path, "an object")
        missing = sorted(required.keys() - value.keys())
        _expect(not missing, path, f"the fields {', '.join(missing)}")
        return {
            key: shape(value[key], f"{path}.{key}" if path else key)
            for key, shape in known.items()
            if key in value
        }

    return check


def tagged(tag: str, shapes: Mapping[str, Shape]) -> Shape:
    """Make the shape of a union that one field decides."""
    choose = record({tag: one_of(*shapes)})

    def check(value: Any, path: str) -> Any:
        return shapes[choose(value, path)[tag]](value, path)

    return check
