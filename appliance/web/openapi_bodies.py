"""Request bodies of the published contract: JSON, urlencoded, multipart."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from appliance.core.files import Kind
from appliance.core.params import Field
from appliance.core.schema import json_schema
from appliance.web.shapes import Schema

JSON, URLENCODED, MULTIPART = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
)
_DRY_RUN = {
    "type": "boolean",
    "default": False,
    "description": "Only say what it would cost and take: nothing runs, nothing is held",
}
_FILENAME = {
    "type": "string",
    "maxLength": 200,
    "description": "What the main file is called: its stem names the result",
}
_SAMPLES = {
    Kind.IMAGE: ("image/png", "pixel.png"),
    Kind.AUDIO: ("audio/wav", "sound.wav"),
    Kind.VIDEO: ("video/webm", "film.webm"),
}


def of_shape(schema: Schema) -> dict[str, Any]:
    """A body that is nested: JSON only."""
    return {"required": True, "content": {JSON: {"schema": schema}}}


def of_refs(ref: Schema, form: Schema | None, *, required: bool) -> dict[str, Any]:
    """A body of one schema in any kind, or with files: then `form` is the multipart's."""
    plain = {JSON: ref, URLENCODED: ref, MULTIPART: ref}
    kinds = plain if form is None else {JSON: ref, MULTIPART: form}
    content = {kind: {"schema": schema} for kind, schema in kinds.items()}
    return {"required": required, "content": content}


def of_fields(fields: Sequence[Field], *, submits: bool) -> tuple[Schema, Schema | None]:
    """The schema of a form in JSON, and if it has files that of the multipart form."""
    schema = json_schema(fields)
    if submits:
        schema["properties"]["dry_run"] = _DRY_RUN
    files = [field for field in fields if field.is_file]
    if files and submits:
        schema["properties"].setdefault("filename", _FILENAME)
    return (_with_named_files(schema, files), _of_texts(schema)) if files else (schema, None)


def _of_texts(schema: Schema) -> Schema:
    """The same fields in a form with parts, which cannot say null: what is not set is left out."""
    properties = {name: _never_null(each) for name, each in schema["properties"].items()}
    return {**schema, "properties": properties}


def _never_null(schema: Schema) -> Schema:
    if not isinstance(schema.get("type"), list):
        return schema
    (kind,) = (each for each in schema["type"] if each != "null")
    plain = {**schema, "type": kind}
    if "enum" in schema:
        plain["enum"] = [each for each in schema["enum"] if each is not None]
    return plain


def _with_named_files(schema: Schema, files: Sequence[Field]) -> Schema:
    """The same fields in JSON, where a file is a text, or base64 under another name; not both."""
    properties, rules = dict(schema["properties"]), []
    for position, field in enumerate(files):
        others = [f"{field.name}_base64", *(["content_base64"] if position == 0 else [])]
        properties[field.name] = _as_text(properties[field.name], field)
        for other in others:
            properties[other] = {"type": "string", "description": f"{field.help}, as base64"}
        ways = [{"required": [name]} for name in (field.name, *others)]
        rules.append({"oneOf": ways if field.required else [*ways, {"not": {"anyOf": ways}}]})
    names = {field.name for field in files}
    required = [name for name in schema["required"] if name not in names]
    return {**schema, "properties": properties, "required": required, "allOf": rules}


def _as_text(schema: Schema, field: Field) -> Schema:
    bare = {key: value for key, value in schema.items() if key not in ("format", "items")}
    if field.many:
        bare["items"] = {"type": "string"}
    else:
        bare["examples"] = [_sample(kind) for kind in field.kinds if kind in _SAMPLES]
    return {**bare, "description": f"{field.help}: a data: URL, an upload id or an output id"}


@cache
def _sample(kind: Kind) -> str:
    """The smallest file of a kind that the box takes, as a data: URL."""
    mime, name = _SAMPLES[kind]
    content = (resources.files("appliance.web") / "samples" / name).read_bytes()
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"
