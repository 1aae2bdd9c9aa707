"""JSON Schema of a form: what OpenAPI and the tools catalogue publish of its fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from appliance.core.files import Upload
from appliance.core.params import Field


def json_schema(fields: Sequence[Field]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a body made of `fields`."""
    return {
        "type": "object",
        "properties": {field.name: _schema(field) for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


_SCHEMA_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", Upload: "string"}


def _schema(field: Field) -> dict[str, Any]:
    if field.also:
        ways = (replace(field, also=()), *field.also)
        return {"anyOf": [_schema(each) for each in ways], "description": field.help}
    one = _schema_of_one(field)
    if field.many:
        one = {"type": "array", "items": one}
        if field.length:
            one |= {"minItems": field.length.low, "maxItems": field.length.high}
    if field.optional:
        one["type"] = [one["type"], "null"]
        if "enum" in one:
            one["enum"] = [*one["enum"], None]
    one["description"] = field.help
    if field.unit:
        one["x-unit"] = field.unit
    if not field.required and field.default is not None:
        one["default"] = list(field.default) if field.many else field.default
    return one


def _schema_of_one(field: Field) -> dict[str, Any]:
    if field.inner:
        return json_schema(field.inner)
    one: dict[str, Any] = {"type": _SCHEMA_TYPES[field.type]}
    if field.is_file:
        one |= {"format": "binary", "x-kinds": list(field.kinds)}
    if field.choice:
        one["enum"] = list(field.choice.values)
    if field.range:
        one |= {"minimum": field.range.low, "maximum": field.range.high}
    if field.multiple:
        one["multipleOf"] = field.multiple.of
    if field.pattern:
        one["pattern"] = f"^(?:{field.pattern.regex})$"
    if field.length and not field.many:
        one |= {"minLength": field.length.low, "maxLength": field.length.high}
    return one
