"""OpenAPI 3.1, made from the code: what each route says of itself, and the families' refusals.

A route's `Says` travels in its view's documentation; `Publisher`, a plugin of apispec, turns it
into an operation of the document.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from inspect import getdoc
from typing import Any

from apispec import BasePlugin
from typing_extensions import override

from appliance.core import errors
from appliance.core.errors import ApplianceError
from appliance.core.params import Field, fields_of
from appliance.core.schema import json_schema
from appliance.web import openapi_bodies, openapi_headers
from appliance.web.families.family import Family, Refused
from appliance.web.form import Form
from appliance.web.says import Kinds, Says
from appliance.web.shapes import Shapes

_OF_KEYED: Kinds = (
    *(errors.MissingKey, errors.InvalidKey, errors.AccountSuspended, errors.InsufficientScope),
    *(errors.RateLimited, errors.Busy),
)
_OF_BODY: Kinds = (errors.InvalidInput, errors.TooLarge, errors.UnsupportedMedia)
_OF_SUBMISSION: Kinds = (
    *(errors.ContentBlocked, errors.InsufficientCredits, errors.Forbidden, errors.NotFound),
    *(errors.Conflict, errors.IdempotencyMismatch, errors.QuotaExceeded),
    *(errors.ConcurrencyLimited, errors.NoWorker, errors.QueueFull, errors.StorageFull),
    *(errors.ModelNotInstalled, errors.ProcessingFailed, errors.CharacterLocked),
)
_MEANINGS = {
    200: "Done",
    201: "Made",
    202: "Accepted; poll the job",
    204: "Done; there is nothing to show",
    206: "The part that was asked for",
    304: "As it was",
    503: "Not now",
}


def of_submission(form: Form, family: Family) -> dict[str, Any]:
    """The documentation of a submission's view."""
    replies = family.envelope.replies
    gives = {200: replies.finished | replies.estimated, 202: replies.accepted}
    return {"says": Says(gives, takes=form)}


class Publisher(BasePlugin):
    """Turns what routes say into operations, and adds the components those refer to."""

    def __init__(self, families: Mapping[str, Family]) -> None:
        super().__init__()
        self._families = families
        self._shapes = Shapes()
        self._components: Any = None

    @override
    def init_spec(self, spec: Any) -> None:
        """Begin a document with what is the same everywhere: keys and headers."""
        self._components = spec.components
        bearer = {"type": "http", "scheme": "bearer"}
        spec.components.security_scheme("bearer", bearer)
        header = {"type": "apiKey", "in": "header", "name": "x-api-key"}
        spec.components.security_scheme("apiKey", header)
        for name, component in openapi_headers.REPLIED.items():
            spec.components.header(name, component)
        for name, component in openapi_headers.SENT.items():
            spec.components.parameter(name, "header", component)

    @override
    def operation_helper(
        self, path: str | None = None, operations: dict[Any, Any] | None = None, **kwargs: Any
    ) -> None:
        """Write the operations of a path, as apispec asks; flask-smorest adds its `rule`."""
        name, _, view = kwargs["rule"].endpoint.partition(".")
        for operation in (operations or {}).values():
            # A tool is tools.tools_qr to Flask.
            operation["operationId"] = f"{name}_{view.removeprefix(name + '_')}"
            says = operation.pop("says")
            operation.update(self._operation(str(path), says, self._families[name]))
            if says.takes is not None:
                operation["requestBody"] = self._body(says, operation["operationId"])
        for name, schema in self._shapes.named.items():
            self._named(name, schema)

    def _operation(self, path: str, says: Says, family: Family) -> dict[str, Any]:
        asked = fields_of(says.asks) if says.asks else ()
        places = re.findall(r"{(\w+)}", path)
        parameters = [_parameter(field, places) for field in asked]
        kinds = _kinds(says, places, asked)
        return {
            "parameters": [
                *parameters,
                *openapi_headers.asked(says.gives, submits=says.submits, once=says.once),
            ],
            "responses": {**self._replies(path, says), **self._refusals(path, family, kinds)},
            "security": [] if says.keyless else [{"bearer": []}, {"apiKey": []}],
        }

    def _body(self, says: Says, operation_id: str) -> dict[str, Any]:
        takes = says.takes
        if not (says.submits or dataclasses.is_dataclass(takes)):
            return openapi_bodies.of_shape(self._shapes.schema(takes))
        fields = takes.fields if says.submits else fields_of(takes)
        name = _camel(operation_id) if says.submits else takes.__name__
        schema, form = openapi_bodies.of_fields(fields, submits=says.submits)
        body = self._named(name, schema)
        parts = self._named(f"{name}Form", form) if form else None
        needed = any(field.required for field in fields)
        return openapi_bodies.of_refs(body, parts, required=needed)

    def _named(self, name: str, schema: dict[str, Any]) -> dict[str, str]:
        """A reference to a schema of this name."""
        if self._components.schemas.get(name, schema) != schema:
            raise TypeError(f"two schemas are called {name}")
        if name not in self._components.schemas:
            self._components.schema(name, schema)
        return {"$ref": f"#/components/schemas/{name}"}

    def _replies(self, path: str, says: Says) -> dict[str, Any]:
        return {
            str(status): {
                "description": _MEANINGS[status],
                "headers": openapi_headers.replied(
                    path, status, says.gives, submits=says.submits, once=says.once
                ),
                "content": self._content(body),
            }
            for status, body in says.gives.items()
        }

    def _content(self, body: Any) -> dict[str, Any]:
        """The media of a reply with their schemas."""
        media: dict[str, Any] = {}
        for each in body if isinstance(body, tuple) else (body,):
            if isinstance(each, str):
                media[each] = {"schema": {"type": "string"}} if each.startswith("text/") else {}
            elif each is not None:
                media["application/json"] = {"schema": self._shapes.schema(each)}
        return media

    def _refusals(self, path: str, family: Family, kinds: Kinds) -> dict[str, Any]:
        shape = family.envelope.replies.refused
        statuses = {_refusal(family, kind).status for kind in kinds}
        found: dict[str, Any] = {}
        for status in sorted(statuses):
            # Pages and links outside /api carry no rates.
            name = f"{shape.__name__}{status}" + ("" if path.startswith("/api") else "Plain")
            if name not in self._components.responses:
                self._components.response(name, self._refused_with(status, path, family))
            found[str(status)] = {"$ref": f"#/components/responses/{name}"}
        return found

    def _refused_with(self, status: int, path: str, family: Family) -> dict[str, Any]:
        """All that a family refuses with a status, each as it writes it."""
        examples: dict[str, Any] = {}
        for kind in errors.all_errors():
            reply = _refusal(family, kind)
            if reply.status == status:
                examples.setdefault(kind.code, {"summary": _first(kind), "value": reply.body})
        schema = self._shapes.schema(family.envelope.replies.refused)
        return {
            "description": " ".join(each["summary"] for each in examples.values()),
            "headers": openapi_headers.replied(path, status, ()),
            "content": {"application/json": {"schema": schema, "examples": examples}},
        }


def _refusal(family: Family, kind: type[ApplianceError]) -> Any:
    refused = Refused("req_01K7M2V8Q4R9S6T3W5X1Y0ZABC")
    return family.envelope.refuse(kind("A sentence that says what to do."), refused)


def _camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_")) + "Body"


def _first(kind: type) -> str:
    return (getdoc(kind) or "").partition("\n\n")[0].replace("\n", " ")


def _kinds(says: Says, places: Sequence[str], asked: Sequence[Field]) -> Kinds:
    """What a route may be refused with."""
    kinds: Kinds = (errors.InternalError, *says.refuses)
    kinds += () if says.keyless else _OF_KEYED
    kinds += (errors.NotFound,) if places else ()
    kinds += (errors.IdempotencyMismatch, errors.InvalidInput) if says.once else ()
    kinds += _OF_BODY if says.takes is not None else ()
    kinds += (errors.InvalidInput,) if any(field.name not in places for field in asked) else ()
    return kinds + (_OF_SUBMISSION if says.submits else ())


def _parameter(field: Field, places: Sequence[str]) -> dict[str, Any]:
    """A value of the path or the query."""
    schema = json_schema([field])["properties"][field.name]
    in_path = field.name in places
    return {
        "in": "path" if in_path else "query",
        "name": field.name,
        "description": schema.pop("description"),
        "required": in_path or field.required,
        "schema": schema,
    }
