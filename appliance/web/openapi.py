"""OpenAPI 3.1, made from the code: forms give the request bodies, families the error forms."""

from __future__ import annotations

from typing import Any

from appliance.core.params import json_schema
from appliance.web.form import Form

_ERRORS = {
    "400": "A rule or, in some families, a field refuses this",
    "401": "No valid API key",
    "402": "Too few credits",
    "403": "The key may not do this",
    "404": "Not there, or not yours",
    "413": "Too large",
    "415": "Not a medium or body we read",
    "422": "A field is wrong",
    "429": "Too many",
    "500": "The work failed, or a bug of ours",
    "503": "No worker, no room, or no such model installed",
}


def submission(form: Form, family: str) -> dict[str, Any]:
    """The parts of a path item that a submission has."""
    return {
        "requestBody": _body(form),
        "responses": {
            "200": _success("The finished result", family),
            "202": _success("Accepted; poll the job", family),
            **errors(family),
        },
        "security": [{"bearer": []}, {"apiKey": []}],
    }


def errors(family: str) -> dict[str, Any]:
    """Every error a route of the family can answer."""
    schema = {"$ref": f"#/components/schemas/{family.capitalize()}Error"}
    return {
        status: {"description": says, "content": {"application/json": {"schema": schema}}}
        for status, says in _ERRORS.items()
    }


def _success(says: str, family: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{family.capitalize()}Reply"}
    return {"description": says, "content": {"application/json": {"schema": schema}}}


def _body(form: Form) -> dict[str, Any]:
    schema = json_schema(form.fields)
    kinds = ["application/json", "multipart/form-data"]
    if not any(field.is_file for field in form.fields):
        kinds[1] = "application/x-www-form-urlencoded"
    return {
        "required": bool(schema["required"]),
        "content": {kind: {"schema": _for(kind, schema)} for kind in kinds},
    }


def _for(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    if kind != "application/json":
        return schema
    properties = {
        name: {key: value for key, value in spec.items() if key != "format"}
        for name, spec in schema["properties"].items()
    }
    return {**schema, "properties": properties}
