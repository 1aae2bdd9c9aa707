"""Typed, checked parameters: declared once, as annotations on a frozen dataclass.

    @dataclass(frozen=True)
    class Params:
        image: Annotated[Upload, Help("Picture to enlarge"), Accepts(Kind.IMAGE)]
        factor: Annotated[int, Help("Times larger, each side"), Choice((2, 4))] = 2

`fields_of` turns the class into Fields: checks, JSON Schema, form and command line come of those.
"""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload


@dataclass(frozen=True)
class Help:
    """One sentence for people: what the parameter is."""

    text: str


@dataclass(frozen=True)
class Range:
    """Smallest and largest number allowed, both included."""

    low: float
    high: float


@dataclass(frozen=True)
class Multiple:
    """The number must be a whole multiple of this."""

    of: int


@dataclass(frozen=True)
class Choice:
    """The values allowed."""

    values: tuple[str | int, ...]


@dataclass(frozen=True)
class Length:
    """Fewest and most characters (of a text) or items (of a list)."""

    low: int
    high: int


@dataclass(frozen=True)
class Pattern:
    """The text must match the whole regular expression; `says` is what it means to a person."""

    regex: str
    says: str


@dataclass(frozen=True)
class Unit:
    """What the number counts: "px", "s", "°"."""

    text: str


@dataclass(frozen=True)
class Accepts:
    """The kinds of file an Upload parameter takes."""

    kinds: tuple[Kind, ...]

    def __init__(self, *kinds: Kind) -> None:
        object.__setattr__(self, "kinds", kinds)


@dataclass(frozen=True)
class Prompt:
    """The text steers what is made, so the content rules read it."""


REQUIRED = dataclasses.MISSING
_SCALARS = (str, int, float, bool, Upload)


@dataclass(frozen=True)
class Field:
    """One parameter, to derive from. `many`: a list; `inner`: of an object; `also`: or these."""

    name: str
    type: type
    help: str
    default: Any
    many: bool = False
    optional: bool = False
    range: Range | None = None
    multiple: Multiple | None = None
    choice: Choice | None = None
    length: Length | None = None
    pattern: Pattern | None = None
    unit: str = ""
    kinds: tuple[Kind, ...] = ()
    prompt: bool = False
    inner: tuple[Field, ...] = ()
    also: tuple[Field, ...] = ()

    @property
    def required(self) -> bool:
        """Whether a caller must give it."""
        return self.default is REQUIRED

    @property
    def is_file(self) -> bool:
        """Whether it is a file (or a list of files)."""
        return self.type is Upload


@cache
def fields_of(params: type) -> tuple[Field, ...]:
    """The fields of a params class. Raises TypeError on what cannot be derived from."""
    if not dataclasses.is_dataclass(params):
        raise TypeError(f"{params.__qualname__} is not a dataclass")
    hints = get_type_hints(params, include_extras=True)
    return tuple(_field(params, f, hints[f.name]) for f in dataclasses.fields(params))


def _field(owner: type, declared: dataclasses.Field[Any], hint: Any) -> Field:
    where = f"{owner.__module__}.{owner.__qualname__}.{declared.name}"
    marks: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        marks = tuple(rest)
    base, optional, many = _unwrap(hint)
    if base not in _SCALARS:
        raise TypeError(f"{where}: {hint!r} is not a parameter type")
    found = {type(mark): mark for mark in marks}
    if Help not in found:
        raise TypeError(f"{where} has no Help")
    if base in (int, float) and not {Range, Choice} & set(found):
        raise TypeError(f"{where} is a number without Range or Choice")
    if base is str and not {Length, Choice, Pattern} & set(found):
        raise TypeError(f"{where} is a text without Length, Choice or Pattern")
    if base is Upload and Accepts not in found:
        raise TypeError(f"{where} is a file without Accepts")
    unit, accepts = found.get(Unit), found.get(Accepts)
    return Field(
        name=declared.name,
        type=base,
        help=found[Help].text,
        default=declared.default,
        many=many,
        optional=optional,
        range=found.get(Range),
        multiple=found.get(Multiple),
        choice=found.get(Choice),
        length=found.get(Length),
        pattern=found.get(Pattern),
        unit=unit.text if unit else "",
        kinds=accepts.kinds if accepts else (),
        prompt=Prompt in found,
    )


def _unwrap(hint: Any) -> tuple[Any, bool, bool]:
    """(base, optional, many) of `T`, `T | None`, `tuple[T, ...]`."""
    optional = False
    if get_origin(hint) in (Union, types.UnionType):
        inner = [arg for arg in get_args(hint) if arg is not type(None)]
        optional = len(inner) < len(get_args(hint))
        hint = inner[0] if len(inner) == 1 else hint
    if get_origin(hint) is tuple and get_args(hint)[1:] == (...,):
        return get_args(hint)[0], optional, True
    return hint, optional, False


def read(
    fields: Sequence[Field], raw: Mapping[str, object], *, lenient: bool = False
) -> dict[str, Any]:
    """Check `raw` against `fields` and fill in defaults.

    Files must already be Upload values. `lenient`: numbers and booleans may come as text, as forms
    and command lines send them. Raises InvalidInput naming the field.
    """
    known = {field.name for field in fields}
    for name in raw:
        if name not in known:
            raise InvalidInput(
                f"Unknown field {str(name)[:80]!r}. Known: {', '.join(sorted(known)) or 'none'}.",
                field=str(name)[:80],
            )
    return {
        field.name: _value(field, raw.get(field.name, REQUIRED), lenient=lenient)
        for field in fields
    }


def _value(field: Field, given: Any, *, lenient: bool) -> Any:
    # A browser's form sends what was not filled in or chosen as an empty text.
    if given is REQUIRED or (lenient and given == "" and (field.type is not str or field.choice)):
        if field.required:
            raise InvalidInput(f"{field.name} is required: {field.help}", field=field.name)
        return field.default
    if given is None and (field.optional or not field.required):
        return None if field.optional else field.default
    if not field.many:
        return _one(field, given, lenient=lenient)
    items = list(given) if isinstance(given, (list, tuple)) else [given]
    _check_length(field, len(items), "items")
    return tuple(_one(field, item, lenient=lenient) for item in items)


def _one(field: Field, given: Any, *, lenient: bool) -> Any:
    value = _converted(field, given, lenient=lenient)
    if field.choice and value not in field.choice.values:
        listed = ", ".join(map(str, field.choice.values))
        raise InvalidInput(f"{field.name} must be one of {listed}.", field=field.name)
    if isinstance(value, str):
        _check_text(field, value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        _check_number(field, value)
    return value


def _converted(field: Field, given: Any, *, lenient: bool) -> Any:
    if lenient and isinstance(given, str) and field.type in _FROM_TEXT:
        reader, what = _FROM_TEXT[field.type]
        try:
            given = reader(given.strip())
        except (ValueError, KeyError):
            raise InvalidInput(f"{field.name} must be {what}.", field=field.name) from None
    if field.type is float and isinstance(given, int) and not isinstance(given, bool):
        given = float(given) if abs(given) < 1e15 else given
    if field.type is int and isinstance(given, float) and given.is_integer():
        given = int(given)
    wanted = field.type
    if not isinstance(given, wanted) or (isinstance(given, bool) and wanted is not bool):
        raise InvalidInput(f"{field.name} must be {_NAMES[wanted]}.", field=field.name)
    return given


def _check_number(field: Field, value: float) -> None:
    if field.range and not field.range.low <= value <= field.range.high:  # NaN fails both
        unit = f" {field.unit}" if field.unit else ""
        raise InvalidInput(
            f"{field.name} must be between {field.range.low:g} and {field.range.high:g}{unit}.",
            field=field.name,
        )
    if field.multiple and value % field.multiple.of:
        raise InvalidInput(
            f"{field.name} must be a multiple of {field.multiple.of}.", field=field.name
        )


def _check_text(field: Field, value: str) -> None:
    if "\x00" in value or any("\ud800" <= ch <= "\udfff" for ch in value):
        raise InvalidInput(f"{field.name} holds characters that are no text.", field=field.name)
    if not field.many:
        _check_length(field, len(value), "characters")
    if field.pattern and not re.fullmatch(field.pattern.regex, value):
        raise InvalidInput(f"{field.name} must be {field.pattern.says}.", field=field.name)


def _check_length(field: Field, length: int, what: str) -> None:
    if field.length and not field.length.low <= length <= field.length.high:
        raise InvalidInput(
            f"{field.name} must have {field.length.low} to {field.length.high} {what}.",
            field=field.name,
        )


def _short(text: str) -> str:
    if len(text) > 40:
        raise ValueError(text)
    return text


_BOOLEANS = {"true": True, "1": True, "on": True, "yes": True}
_BOOLEANS |= {"false": False, "0": False, "off": False, "no": False}
_FROM_TEXT: dict[type, tuple[Callable[[str], Any], str]] = {
    int: (lambda text: int(_short(text)), "a whole number"),
    float: (lambda text: float(_short(text)), "a number"),
    bool: (lambda text: _BOOLEANS[text.lower()], "true or false"),
}
_NAMES: dict[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Upload: "a file: a multipart part, a data: URL, base64, an upload id or an output id",
}
