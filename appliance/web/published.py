"""The published contract as one document, made once and kept as bytes."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Any

from apispec import BasePlugin
from apispec.yaml_utils import dict_to_yaml
from flask import Flask, Response, current_app, request
from flask_smorest import Api

from appliance.web.postman import collection
from appliance.web.routing import Said

# What a route says that gives the document: it is JSON, needs no key, and answers 304.
PUBLISHED: Said = {"gives": {200: dict[str, Any], 304: None}, "keyless": True}
_ABOUT = (
    "Five families of routes over one appliance: one set of keys, one balance, one queue. Send a"
    " key as `Authorization: Bearer …` or `x-api-key: …`."
)


class Published(Api):  # type: ignore[misc]  # flask-smorest ships no types
    """The OpenAPI document of an application; its forms of errors are the families' own."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask, publisher: BasePlugin) -> None:
        about = {"description": _ABOUT, "license": {"name": "Apache-2.0"}}
        options = {"extra_plugins": [publisher], "info": about, "servers": [{"url": "/"}]}
        super().__init__(app, spec_kwargs=options)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The document; ask once every route is registered."""
        # Through JSON, so that nothing of Python's is left in it: YAML would write out a StrEnum.
        made: dict[str, Any] = json.loads(json.dumps(self.spec.to_dict()))
        return made

    @cached_property
    def as_json(self) -> bytes:
        """The document as JSON."""
        return json.dumps(self.document, separators=(",", ":")).encode()

    @cached_property
    def as_yaml(self) -> bytes:
        """The document as YAML."""
        return dict_to_yaml(self.document, {"allow_unicode": True}).encode()

    @cached_property
    def as_postman(self) -> dict[str, Any]:
        """The document as a Postman collection; the box's address is still to be filled in."""
        return collection(self.document)


def published() -> Published:
    """The document of the running application."""
    found: Published = current_app.extensions["published"]
    return found


def document() -> Response:
    """The reply that carries the document as JSON."""
    return unchanging(published().as_json, "application/json")


def unchanging(content: bytes, media_type: str) -> Response:
    """A reply that a client may keep and ask about: 304 while it holds."""
    response = Response(content, mimetype=media_type)
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    response.make_conditional(request)
    return response
