"""OpenAPI 3.1, made from the code: forms give the request bodies, families the error forms."""

from __future__ import annotations

from typing import Any

from appliance.core.schema import json_schema
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


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


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


def replies(family: str) -> dict[str, Any]:
    """What a plain route of the family answers."""
    return {"200": _success("Done", family), **errors(family)}


def errors(family: str) -> dict[str, Any]:
    """Every error a route of the family can answer."""
    schema = {"$ref": f"#/components/schemas/{_form(family)}Error"}
    return {
        status: {"description": says, "content": {"application/json": {"schema": schema}}}
        for status, says in _ERRORS.items()
    }


_TEXT, _ID = {"type": "string"}, {"type": "string"}
_FLAT = {"error": _TEXT, "code": _TEXT, "request_id": _ID, "field": _TEXT}
_SAID = {"code": _TEXT, "message": _TEXT, "field": _TEXT, "details": {"type": "object"}}
_ERROR_FORMS: dict[str, dict[str, Any]] = {
    "Jobs": {"error": _object({**_SAID, "request_id": _ID}, "code", "message", "request_id")},
    "Wallet": _FLAT,
    "Studio": _FLAT,
    "Product": {"ok": {"const": False}, "error": _object(_SAID, "code"), "requestId": _ID},
    "Tools": {
        "success": {"const": False},
        "error": _TEXT,
        "error_code": _TEXT,
        "request_id": _ID,
        "billing": _object({"charged_usd": _TEXT}, "charged_usd"),
    },
}
_REPLY_FORMS: dict[str, dict[str, Any]] = {
    "Jobs": {"data": {}, "meta": {"type": "object"}},
    "Wallet": {"jobId": _ID, "imageUrl": _TEXT, "pollUrl": _TEXT, "costUsd": _TEXT},
    "Studio": {"data": {}},
    "Product": {"ok": {"const": True}, "jobId": _ID, "output": {"type": ["object", "null"]}},
    "Tools": {"success": {"const": True}, "tool": _TEXT, "output": {"type": ["object", "null"]}},
}


def describe(spec: Any) -> None:
    """Add what the paths refer to: the families' forms and the two ways to send a key."""
    for family, properties in _ERROR_FORMS.items():
        spec.components.schema(f"{family}Error", _object(properties))
    for family, properties in _REPLY_FORMS.items():
        spec.components.schema(f"{family}Reply", _object(properties))
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    spec.components.security_scheme(
        "apiKey", {"type": "apiKey", "in": "header", "name": "x-api-key"}
    )


def _success(says: str, family: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{_form(family)}Reply"}
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


def _form(family: str) -> str:
    # The appliance's own routes speak as the jobs family does.
    name = family.capitalize()
    return name if name in _ERROR_FORMS else "Jobs"


def _for(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    if kind != "application/json":
        return schema
    properties = {
        name: {key: value for key, value in spec.items() if key != "format"}
        for name, spec in schema["properties"].items()
    }
    return {**schema, "properties": properties}
