"""The published contract: OpenAPI as YAML (JSON is at /openapi.json), and a Postman collection."""

from __future__ import annotations

from flask import Response, current_app
from flask_smorest import Blueprint

from appliance.web.families.family import Desk
from appliance.web.postman import collection
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.showing import base_url


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/openapi.yaml` and `/api/v1/postman`."""

    @on(blueprint, "/openapi.yaml")
    def openapi_yaml() -> Response:
        """Give the OpenAPI document as YAML."""
        text = current_app.extensions["published"].spec.to_yaml()
        return Response(text, mimetype="application/yaml")

    @on(blueprint, "/api/v1/postman")
    def postman() -> Response:
        """Give a Postman collection of every route."""
        spec = current_app.extensions["published"].spec.to_dict()
        return respond(Reply(collection(spec, base_url(desk.box))))
