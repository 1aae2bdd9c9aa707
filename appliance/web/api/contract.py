"""The published contract: OpenAPI as JSON and YAML, a Postman collection, a page to read it on."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from appliance.web import reference
from appliance.web.families.family import Desk
from appliance.web.postman import variables
from appliance.web.published import PUBLISHED, document, published, unchanging
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.showing import base_url


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/openapi.json`, `/openapi.yaml`, `/api/v1/postman` and `/reference`."""

    @on(blueprint, "/openapi.json", **PUBLISHED)
    def openapi_json() -> Response:
        """Give the OpenAPI document."""
        return document()

    @on(blueprint, "/openapi.yaml", gives={200: "application/yaml", 304: None}, keyless=True)
    def openapi_yaml() -> Response:
        """Give the OpenAPI document as YAML."""
        return unchanging(published().as_yaml, "application/yaml")

    @on(blueprint, "/api/v1/postman", gives={200: dict[str, Any], 304: None}, keyless=True)
    def postman() -> Response:
        """Give a Postman collection of every route."""
        made = {**published().as_postman, "variable": variables(base_url(desk.box))}
        response = respond(Reply(made))
        response.add_etag()
        response.make_conditional(request)
        return response

    @on(blueprint, "/reference", gives={200: "text/html", 304: None}, keyless=True)
    def reference_page() -> Response:
        """Show the contract in a browser, with a form to try each route."""
        return reference.page()

    @on(
        blueprint,
        "/reference/<name>",
        asks=reference.Asset,
        gives={200: reference.MEDIA, 304: None},
        keyless=True,
    )
    def reference_asset(name: str) -> Response:
        """Give a file of the reference page."""
        return reference.asset(name)
