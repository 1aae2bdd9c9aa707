"""Replies as types: TypedDicts, and the JSON Schema that the published contract makes of them.

    class Credits(TypedDict):
        credits_remaining: Annotated[float, "Free to spend"]

    @on(blueprint, "/api/v1/credits", gives=Data[Credits])

A text in `Annotated` is the field's description, an `Is` is merged into its schema.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from enum import Enum
from inspect import getdoc
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NotRequired,
    TypedDict,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

T = TypeVar("T")
Schema = dict[str, Any]


class Is:
    """A mark on a type: what its schema says besides."""

    def __init__(self, **says: Any) -> None:
        self.says = says


_ULID = "01K7M2V8Q4R9S6T3W5X1Y0ZABC"
Moment = Annotated[str, Is(format="date-time", examples=["2026-11-21T09:30:00.000Z"])]
Usd = Annotated[str, Is(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["0.1"])]
JobName = Annotated[str, Is(pattern="^job_[0-9A-Z]{26}$", examples=[f"job_{_ULID}"])]
Uuid = Annotated[str, Is(format="uuid", examples=["0199e82d-a2e4-c264-9d0f-9c9a1b0e7d4c"])]
RequestId = Annotated[str, Is(pattern="^req_[0-9A-Z]{26}$", examples=[f"req_{_ULID}"])]
Fraction = Annotated[float, Is(minimum=0, maximum=1)]
Url = Annotated[str, Is(format="uri")]
Link = Annotated[str, "Signed, and needs no key", Is(format="uri")]
Sha256 = Annotated[str, Is(pattern="^[0-9a-f]{64}$")]


class Data(TypedDict, Generic[T]):
    """What was asked for."""

    data: T


class Cursor(TypedDict):
    """Where a list goes on."""

    next_cursor: Annotated[str | None, "Ask for it as `cursor`; null on the last page"]


class Page(TypedDict, Generic[T]):
    """A part of a list."""

    data: list[T]
    meta: Cursor


class EstimatedModel(TypedDict):
    """The model that would run."""

    resolved: str | None
    installed: bool
    fits: Annotated[bool | None, "Whether this machine has the memory; null without a model"]


class Verdict(TypedDict):
    """What the content rules that need no model say."""

    allowed: bool
    rule: Annotated[str | None, "The rule that refuses it"]


class Estimate(TypedDict):
    """What a request would cost and take; nothing ran, nothing is held."""

    credits: float
    usd: Usd
    seconds: Annotated[float | None, "The mean of past runs here; null before the first"]
    queue_position: int
    model: EstimatedModel
    verdict: Verdict


_SCALARS: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


class Shapes:
    """Schemas of types. `named`: those that others refer to, as they go under `components`."""

    def __init__(self) -> None:
        self.named: dict[str, Schema] = {}
        self._owners: dict[str, Any] = {}

    def schema(self, hint: Any) -> Schema:
        """The JSON Schema of a type. Raises TypeError on a type that replies are not made of."""
        origin, inner = get_origin(hint), get_args(hint)
        if origin is Annotated:
            return self._marked(inner)
        if origin in (NotRequired, list, dict, Literal, Union, types.UnionType):
            return self._made_of(origin, inner)
        if hint in _SCALARS:
            return {"type": _SCALARS[hint]}
        if hint is type(None):
            return {"type": "null"}
        if hint is Any:
            return {}
        if isinstance(hint, type) and issubclass(hint, Enum):
            return {"type": "string", "enum": [each.value for each in hint]}
        if is_typeddict(origin or hint):
            return {"$ref": f"#/components/schemas/{self._name(hint)}"}
        raise TypeError(f"{hint!r} is nothing that a reply is made of")

    def _marked(self, inner: tuple[Any, ...]) -> Schema:
        schema = self.schema(inner[0])
        for mark in inner[1:]:
            schema = schema | (mark.says if isinstance(mark, Is) else {"description": mark})
        return schema

    def _made_of(self, origin: Any, inner: tuple[Any, ...]) -> Schema:
        if origin is Literal:
            return {"enum": list(inner)}
        if origin is list:
            return {"type": "array", "items": self.schema(inner[0])}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.schema(inner[1])}
        found = [self.schema(each) for each in inner]
        if all(set(each) == {"type"} for each in found) and len(found) > 1:
            return {"type": [each["type"] for each in found]}
        return {"anyOf": found} if len(found) > 1 else found[0]

    def _name(self, hint: Any) -> str:
        """The name of a TypedDict's schema, which is made at its first use."""
        name = _named(hint)
        if self._owners.setdefault(name, hint) != hint:
            raise TypeError(f"two shapes are called {name}: {self._owners[name]!r} and {hint!r}")
        if name not in self.named:
            self.named[name] = {}  # a shape may hold itself
            self.named[name] = self._object(hint)
        return name

    def _object(self, hint: Any) -> Schema:
        declared = get_origin(hint) or hint
        given = dict(zip(getattr(declared, "__parameters__", ()), get_args(hint), strict=True))
        hints = get_type_hints(declared, include_extras=True)
        schema: Schema = {
            "type": "object",
            "properties": {name: self.schema(_filled(each, given)) for name, each in hints.items()},
            "required": [name for name, each in hints.items() if get_origin(each) != NotRequired],
        }
        says = getdoc(declared)
        return {**schema, "description": says.partition("\n\n")[0]} if says else schema


def _filled(hint: Any, given: Mapping[Any, Any]) -> Any:
    """`hint` with type variables replaced: `T` or `list[T]`."""
    if hint in given:
        return given[hint]
    return hint[tuple(given.values())] if getattr(hint, "__parameters__", ()) else hint


def _named(hint: Any) -> str:
    """`Data[Credits]` is CreditsData, `Data[list[Key]]` KeyListData."""
    inner = "".join(_named(each) for each in get_args(hint))
    own = str(getattr(get_origin(hint) or hint, "__name__", ""))
    return inner + own[:1].upper() + own[1:]
