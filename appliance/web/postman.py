"""The published contract as a Postman collection (v2.1): a folder a family, a request a route."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.web.sample import Refs, sample

_FORM = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_METHODS = ("get", "post", "put", "patch", "delete")
_JSON, _MULTIPART = "application/json", "multipart/form-data"
_FILE = "binary"


def collection(spec: Mapping[str, Any], base: str = "") -> dict[str, Any]:
    """The collection of an OpenAPI document; its variables are the base URL and the key."""
    folders: dict[str, dict[str, Any]] = {
        tag["name"]: {"name": tag["name"], "description": tag.get("description", ""), "item": []}
        for tag in spec.get("tags", ())
    }
    for path, item in spec["paths"].items():
        for method in (name for name in _METHODS if name in item):
            places = item.get("parameters", [])
            route = _Route(Refs(spec), path, method, item[method], places)
            tag = item[method]["tags"][0]
            folder = folders.setdefault(tag, {"name": tag, "item": []})
            folder["item"].append(route.item())
    about = spec["info"]
    return {
        "info": {
            "name": about["title"],
            "version": about["version"],
            "description": about.get("description", ""),
            "schema": _FORM,
        },
        "auth": {"type": "bearer", "bearer": [_pair("token", "{{key}}")]},
        "variable": variables(base),
        "item": [folder for folder in folders.values() if folder["item"]],
    }


def variables(base: str) -> list[dict[str, str]]:
    """What a collection's requests share: the box's address and the key."""
    return [_pair("base", base), _pair("key", "")]


@dataclass(frozen=True)
class _Route:
    """One operation of the document. `places`: the parameters that all of its path share."""

    refs: Refs
    path: str
    method: str
    operation: Mapping[str, Any]
    places: list[Any]

    def item(self) -> dict[str, Any]:
        """The request with examples of its replies."""
        name = self.operation.get("summary") or f"{self.method.upper()} {self.path}"
        request = self._request()
        return {"name": name, "request": request, "response": list(self._replies(name, request))}

    def _request(self) -> dict[str, Any]:
        # Postman writes a path's variables as :name.
        parts = self.path.replace("{", ":").replace("}", "").split("/")[1:]
        url: dict[str, Any] = {
            "raw": "{{base}}/" + "/".join(parts),
            "host": ["{{base}}"],
            "path": parts,
        }
        if found := list(self._given("path")):
            url["variable"] = found
        if found := list(self._given("query")):
            url["query"] = found
        request: dict[str, Any] = {
            "method": self.method.upper(),
            "header": list(self._given("header")),
            "url": url,
            "description": self.operation.get("description", ""),
        }
        if self.operation.get("security") == []:
            request["auth"] = {"type": "noauth"}
        content = self.operation.get("requestBody", {}).get("content", {})
        return {**request, "body": self._body(content)} if content else request

    def _given(self, where: str) -> Iterator[dict[str, Any]]:
        """The parameters in a place; those that may be left out are switched off."""
        own = {each["name"]: each for each in map(self.refs.found, self.places)}
        own |= {each["name"]: each for each in map(self.refs.found, self._parameters())}
        for each in own.values():
            if each["in"] == where:
                pair = _pair(each["name"], _text(sample(each.get("schema", {}), self.refs)))
                pair["description"] = each.get("description", "")
                yield pair if each.get("required") else {**pair, "disabled": True}

    def _parameters(self) -> list[Any]:
        found: list[Any] = self.operation.get("parameters", [])
        return found

    def _body(self, content: Mapping[str, Any]) -> dict[str, Any]:
        form = self.refs.found(content.get(_MULTIPART, {}).get("schema", {}))
        if any(_is_file(each) for each in form.get("properties", {}).values()):
            return {"mode": "formdata", "formdata": list(self._fields(form))}
        text = json.dumps(sample(content[_JSON]["schema"], self.refs), indent=2)
        return {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}

    def _fields(self, schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for name, each in schema["properties"].items():
            field = {
                "key": name,
                "description": each.get("description", ""),
                "disabled": name not in schema.get("required", ()),
            }
            if _is_file(each):
                yield {**field, "type": "file", "src": None}
            else:
                yield {**field, "type": "text", "value": _text(sample(each, self.refs))}

    def _replies(self, name: str, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for status, reply in self.operation["responses"].items():
            schema = reply.get("content", {}).get(_JSON, {}).get("schema")
            if status.startswith("2") and schema is not None:
                yield {
                    "name": f"{name}: {reply['description']}",
                    "originalRequest": request,
                    "code": int(status),
                    "header": [_pair("Content-Type", _JSON)],
                    "body": json.dumps(sample(schema, self.refs), indent=2),
                }


def _pair(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": value}


def _is_file(schema: Mapping[str, Any]) -> bool:
    return _FILE in (schema.get("format"), schema.get("items", {}).get("format"))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
