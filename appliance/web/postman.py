"""The published contract as a Postman collection (v2.1): a folder a tag, a request a route."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_FORM = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_METHODS = ("get", "post", "put", "patch", "delete")
_FILE = "binary"


def collection(spec: Mapping[str, Any], base: str) -> dict[str, Any]:
    """The collection of an OpenAPI document; its variables are the base URL and the key."""
    folders: dict[str, list[dict[str, Any]]] = {}
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                tag = (operation.get("tags") or ["other"])[0]
                folders.setdefault(tag, []).append(_request(path, method, operation))
    return {
        "info": {"name": spec["info"]["title"], "schema": _FORM},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{key}}"}]},
        "variable": [{"key": "base", "value": base}, {"key": "key", "value": ""}],
        "item": [{"name": tag, "item": requests} for tag, requests in folders.items()],
    }


def _request(path: str, method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    # Postman writes a path's variables as :name.
    parts = [f":{part[1:-1]}" if part.startswith("{") else part for part in path.split("/")[1:]]
    request: dict[str, Any] = {
        "method": method.upper(),
        "header": [],
        "url": {
            "raw": "{{base}}/" + "/".join(parts),
            "host": ["{{base}}"],
            "path": parts,
            "variable": [{"key": part[1:], "value": ""} for part in parts if part[:1] == ":"],
        },
    }
    content = operation.get("requestBody", {}).get("content", {})
    if content:
        request["body"] = _body(content)
    return {"name": operation.get("summary") or f"{method.upper()} {path}", "request": request}


def _body(content: Mapping[str, Any]) -> dict[str, Any]:
    mode = "formdata" if "multipart/form-data" in content else "urlencoded"
    kind = "multipart/form-data" if mode == "formdata" else "application/x-www-form-urlencoded"
    schema = content[kind]["schema"]
    return {"mode": mode, mode: list(_fields(schema))}


def _fields(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, spec in schema["properties"].items():
        field = {
            "key": name,
            "description": spec.get("description", ""),
            "disabled": name not in schema.get("required", ()),
        }
        if _FILE in (spec.get("format"), spec.get("items", {}).get("format")):
            yield {**field, "type": "file", "src": None}
        else:
            yield {**field, "type": "text", "value": _sample(spec)}


def _sample(spec: Mapping[str, Any]) -> str:
    given = spec.get("default", (spec.get("enum") or [""])[0])
    return str(given).lower() if isinstance(given, bool) else str(given or "")
