"""Decoding of a response that does not fit its shape: field by field, and row by row.

Values that are written in another way are converted. A value that still does not fit becomes null
if its field may be null. If a row of a list cannot be decoded, the row is left out.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Final, Protocol, TypeVar

from msgspec import inspect

from groupgate.decoding import lenient_values as values
from groupgate.decoding.json_repair import UNREADABLE, parse_json
from groupgate.request import UnreadableValues

ShapeT = TypeVar("ShapeT")
RowT = TypeVar("RowT")

_MISSING: Final = object()

_MAX_INDEX_DIGITS: Final = 9

_CONVERSIONS: Final[dict[type[inspect.Type], Callable[[object], object]]] = {
    inspect.StrType: values.to_text,
    inspect.BoolType: values.to_boolean,
    inspect.IntType: values.to_integer,
    inspect.FloatType: values.to_float,
    inspect.DecimalType: values.to_decimal,
    inspect.DateTimeType: values.to_time,
}

_JSON_TYPES: Final[dict[type[object], type[inspect.Type]]] = {
    str: inspect.StrType,
    bool: inspect.BoolType,
    int: inspect.IntType,
    float: inspect.FloatType,
    list: inspect.VarTupleType,
    dict: inspect.StructType,
}
"""The types that the values of JSON have without a conversion."""


class PartialRows(tuple[RowT, ...]):  # noqa: SLOT001 # a tuple cannot have slots besides its items
    """The rows of a list of which `left_out` others could not be decoded."""

    left_out: int

    @classmethod
    def of(cls, rows: Iterable[RowT], left_out: int) -> "PartialRows[RowT]":
        """Return these rows."""
        partial_rows = cls(rows)
        partial_rows.left_out = left_out
        return partial_rows


class UnfitError(Exception):
    """A value does not fit its type; `json_path` is its place."""

    def __init__(self, json_path: str) -> None:
        super().__init__(json_path)
        self.json_path = json_path


def decode_leniently(body: bytes, shape: type[ShapeT]) -> tuple[ShapeT, UnreadableValues | None]:
    """Return the body decoded as `shape`, and its values that could not be decoded, if any.

    Raises UnfitError if the body as a whole does not fit, ValueError if it is not JSON, and
    RecursionError if it is nested too deeply.
    """
    problems = _Problems()
    parsed = parse_json(body)
    decode = _decoder_of(shape)  # type: ignore[arg-type] # mypy takes type[ShapeT] for unhashable
    value = decode(parsed, "$", problems)
    if value is None and parsed is not None:
        raise UnfitError(problems.values[0])
    if not problems.values and not problems.rows:
        return value, None
    return value, UnreadableValues(Counter(problems.values), Counter(problems.rows))


@dataclass(slots=True)
class _Problems:
    """The JSON paths of the values that could not be decoded, in the order of the body."""

    values: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)

    def mark(self) -> tuple[int, int]:
        return len(self.values), len(self.rows)

    def undo(self, mark: tuple[int, int]) -> None:
        """Forget the problems since `mark`: the value that contains them does not fit itself."""
        del self.values[mark[0] :], self.rows[mark[1] :]


class _Decoder(Protocol):
    """Decodes a value; raises UnfitError if it does not fit."""

    def __call__(self, value: Any, path: str, problems: _Problems, /) -> Any: ...


@cache
def _decoder_of(shape: Hashable) -> _Decoder:
    return _compile(inspect.type_info(shape))


def _compile(kind: inspect.Type) -> _Decoder:
    match kind:
        case inspect.StructType():
            return _StructDecoder(kind)
        case inspect.VarTupleType():
            return _ListDecoder(kind)
        case inspect.UnionType():
            return _UnionDecoder(kind)
        case inspect.AnyType():
            return _decode_any
        case _:
            return partial(_decode_scalar, _CONVERSIONS[type(kind)])


def _decode_any(value: Any, _path: str, _problems: _Problems, /) -> Any:
    return None if value is UNREADABLE else value


def _decode_scalar(
    convert: Callable[[object], object], value: Any, path: str, _problems: _Problems, /
) -> Any:
    try:
        return convert(value)
    except (ValueError, OverflowError):
        raise UnfitError(path) from None


class _StructDecoder:
    """Decodes an object.

    In a field that has a default, but may not be null, null is reported and the default is used.
    """

    def __init__(self, kind: inspect.StructType) -> None:
        self._struct = kind.cls
        self._fields = [
            (each.name, each.encode_name, each.required, _compile(each.type))
            for each in kind.fields
        ]

    def __call__(self, value: Any, path: str, problems: _Problems, /) -> Any:
        if not isinstance(value, dict):
            raise UnfitError(path)
        decoded = {}
        for name, key, is_required, decode in self._fields:
            written = value.get(key, _MISSING)
            if written is _MISSING and not is_required:
                continue
            json_path = f"{path}.{key}"
            if written is _MISSING:
                raise UnfitError(json_path)
            try:
                decoded[name] = decode(written, json_path, problems)
            except UnfitError:
                if written is not None or is_required:
                    raise
                problems.values.append(json_path)
        return self._struct(**decoded)


class _ListDecoder:
    """Decodes an array, an object with numbers as keys, or null; leaves out rows that do not fit.

    Rows are objects. A list of other values is one value: it fits as a whole or not at all.
    """

    def __init__(self, kind: inspect.VarTupleType) -> None:
        structs = _structs(kind.item_type)
        self._decode_item = _compile(kind.item_type)
        self._has_rows = bool(structs)
        self._has_required_fields = any(each.required for one in structs for each in one.fields)

    def __call__(self, value: Any, path: str, problems: _Problems, /) -> tuple[Any, ...]:
        rows, left_out, row_path = [], 0, f"{path}[]"
        for item in _items(value, path):
            mark = problems.mark()
            try:
                rows.append(self._decode_item(item, row_path, problems))
            except UnfitError:
                if not self._has_rows:
                    raise
                problems.undo(mark)
                left_out += self._has_required_fields
                (problems.rows if self._has_required_fields else problems.values).append(row_path)
        return PartialRows.of(rows, left_out) if left_out else tuple(rows)


class _UnionDecoder:
    """Decodes a value of one of several types, the most likely ones first."""

    def __init__(self, kind: inspect.UnionType) -> None:
        members = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
        structs = _structs(kind)
        # One object or several: an empty object and null are neither.
        not_empty = [
            each
            for each in members
            if isinstance(each, inspect.VarTupleType)
            and any(one in structs for one in _structs(each.item_type))
        ]
        decoders = [(each, _compile(each)) for each in members]
        self._includes_none = kind.includes_none
        self._for_empty = [one for each, one in decoders if each not in not_empty]
        self._by_json_type = {
            json_type: [
                one
                for _, one in sorted(decoders, key=lambda pair: not isinstance(pair[0], matching))
            ]
            for json_type, matching in _JSON_TYPES.items()
        }
        self._decoders = [one for _, one in decoders]

    def __call__(self, value: Any, path: str, problems: _Problems, /) -> Any:
        if value is None and self._includes_none:
            return None
        deepest, mark = path, problems.mark()
        for decode in self._candidates(value):
            try:
                return decode(value, path, problems)
            except UnfitError as error:
                problems.undo(mark)
                deepest = max(deepest, error.json_path, key=len)
        if not self._includes_none:
            raise UnfitError(deepest)
        problems.values.append(deepest)
        return None

    def _candidates(self, value: object) -> Sequence[_Decoder]:
        if value is None or value == {}:
            return self._for_empty
        return self._by_json_type.get(type(value), self._decoders)


def _items(value: object, path: str) -> Iterable[object]:
    if value is None:
        return ()
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and all(map(_is_index, value)):
        return [value[key] for key in sorted(value, key=int)]
    raise UnfitError(path)


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= _MAX_INDEX_DIGITS


def _structs(kind: inspect.Type) -> list[inspect.StructType]:
    """Return the types of objects that a value of this type may be."""
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return [each for each in kinds if isinstance(each, inspect.StructType)]
