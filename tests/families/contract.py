"""The published contract as a judge: what does a request or a reply break?

It is read more strictly than it is written: a reply may show no field that is not published. Of a
golden, which shows a part, no field is missed; of a real answer every required one.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tests.families.matching import Golden
from tests.support.running import Answer

# What a golden's placeholders stand for. `<any>` and `<string>` are left out: the answer tells.
_STANDS_FOR: dict[str, Any] = {
    "<int>": 1,
    "<number>": 1,
    "<bool>": True,
    "<object>": {},
    "<time>": "2026-11-21T09:30:00.000Z",
    "<url>": "https://studio.example/files/x",
    "<decimal>": "0.1",
    "<uuid>": "0199e82d-a2e4-c264-9d0f-9c9a1b0e7d4c",
    "<sha256>": "0" * 64,
    "<base64>": "aGVsbG8gd29ybGQh",
}
_OPEN = ("<any>", "<string>")
_ULID = "01K7M2V8Q4R9S6T3W5X1Y0ZABC"
_NAMES = {
    "<job>": "job",
    "<upload>": "upl",
    "<key>": "key",
    "<req>": "req",
    "<event>": "evt",
    "<link>": "lnk",
}
# A golden that shows how a path or a method is refused that is not there.
_NOT_THERE = (404, 405)


@dataclass(frozen=True)
class Contract:
    """An OpenAPI document, and what breaks it."""

    document: dict[str, Any]

    def route(self, method: str, path: str) -> tuple[str, dict[str, Any]] | None:
        """The path and operation that a request is for; one without variables comes first."""
        bare = path.partition("?")[0]
        for template in sorted(self.document["paths"], key=lambda each: each.count("{")):
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
            operation = self.document["paths"][template].get(method.lower())
            if operation is not None and re.fullmatch(pattern, bare):
                return template, operation
        return None

    def broken_by_golden(self, golden: Golden) -> list[str]:
        """What a golden shows that the contract does not say."""
        found = self.route(golden.request["method"], golden.request["path"])
        status = golden.response["status"]
        if found is None:
            return [] if status in _NOT_THERE else ["the route is not published"]
        faults = self._of_request(found[1], golden.request) if status < 400 else []
        reply, body = self._reply(found[1], status), golden.response.get("body")
        if reply is None:
            return [*faults, f"{status} is not published"]
        if body is None:
            return faults
        return faults + self._of_body(reply, "application/json", _filled(body), self._partial)

    def broken_by_answer(self, golden: Golden, answer: Answer) -> list[str]:
        """What a golden's real answer says that the contract does not."""
        found = self.route(golden.request["method"], golden.request["path"])
        if found is None:
            return []
        reply = self._reply(found[1], answer.status)
        if reply is None:
            return [f"{answer.status} is not published"]
        headers = {name.lower() for name in answer.headers}
        faults = [
            f"the header {name} is missing"
            for name, header in reply.get("headers", {}).items()
            if self._found(header).get("required") and name.lower() not in headers
        ]
        if not answer.body:
            return faults + (["a body was published"] if reply.get("content") else [])
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        body = json.loads(answer.body) if kind == "application/json" else None
        return faults + self._of_body(reply, kind, body, self._whole)

    def _of_request(self, operation: dict[str, Any], request: dict[str, Any]) -> list[str]:
        content = operation.get("requestBody", {}).get("content", {})
        if "json" in request:
            return self._of_body({"content": content}, "application/json", request["json"], {})
        if "multipart" in request:
            schema = self._found(content.get("multipart/form-data", {}).get("schema", {}))
            unknown = request["multipart"].keys() - schema.get("properties", {}).keys()
            return [f"multipart: {name} is not published" for name in sorted(unknown)]
        return []

    def _of_body(
        self, reply: dict[str, Any], kind: str, body: Any, document: dict[str, Any]
    ) -> list[str]:
        content = reply.get("content", {})
        medium = content.get(kind, content.get("*/*"))
        if medium is None:
            return [f"{kind} is not published"]
        if kind != "application/json" or "schema" not in medium:
            return []
        schema = _strict(medium["schema"], whole=document is not self._partial)
        root = {**schema, "components": (document or self.document)["components"]}
        judge = Draft202012Validator(root, format_checker=FormatChecker())
        return [f"{each.json_path}: {each.message[:300]}" for each in judge.iter_errors(body)]

    def _reply(self, operation: dict[str, Any], status: int) -> dict[str, Any] | None:
        reply = operation["responses"].get(str(status))
        return None if reply is None else self._found(reply)

    def _found(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    @cached_property
    def _whole(self) -> dict[str, Any]:
        return _strict(self.document, whole=True)

    @cached_property
    def _partial(self) -> dict[str, Any]:
        return _strict(self.document, whole=False)


def _strict(node: Any, *, whole: bool) -> Any:
    """Schemas that allow no field they do not name; in part, none that must be there."""
    if isinstance(node, list):
        return [_strict(each, whole=whole) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: _strict(value, whole=whole) for key, value in node.items()}
    if made.get("type") == "object" and "properties" in made:
        made.setdefault("additionalProperties", False)
        if not whole:
            made.pop("required", None)
    return made


def _filled(body: Any) -> Any:
    """A golden's body with values for its placeholders."""
    if isinstance(body, dict):
        return {name: _filled(value) for name, value in body.items() if value not in _OPEN}
    if isinstance(body, list):
        return [_filled(value) for value in body]
    if body in _NAMES:
        return f"{_NAMES[body]}_{_ULID}"
    return copy.deepcopy(_STANDS_FOR.get(body, body)) if isinstance(body, str) else body
