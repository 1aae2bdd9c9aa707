from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from appliance.operations import discover
from appliance.web.app import create_app
from appliance.web.postman import collection, variables
from tests.support.box import opened_box

IMAGE = {"type": "string", "format": "binary", "description": "The picture"}
FORM = {
    "properties": {"image": IMAGE, "scale": {"type": "integer", "default": 2}},
    "required": ["image"],
}
MUG = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
SPEC: dict[str, Any] = {
    "info": {"title": "Box", "version": "1"},
    "tags": [{"name": "product", "description": "Photos"}, {"name": "jobs"}, {"name": "empty"}],
    "components": {
        "schemas": {"Mug": MUG},
        "parameters": {"Wait": {"in": "header", "name": "Prefer", "schema": {"type": "string"}}},
    },
    "paths": {
        "/api/v1/jobs/{job}": {
            "parameters": [{"in": "path", "name": "job", "required": True}],
            "get": {
                "tags": ["jobs"],
                "security": [],
                "parameters": [
                    {"$ref": "#/components/parameters/Wait"},
                    {"in": "query", "name": "wait", "schema": {"type": "integer", "default": 0}},
                ],
                "responses": {
                    "200": {
                        "description": "Done",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Mug"}}
                        },
                    },
                    "404": {"description": "Not there"},
                },
            },
        },
        "/api/v1/upscale": {
            "post": {
                "tags": ["product"],
                "summary": "Enlarge",
                "requestBody": {"content": {"multipart/form-data": {"schema": FORM}}},
                "responses": {},
            }
        },
        "/api/v1/mugs": {
            "post": {
                "tags": ["jobs"],
                "requestBody": {
                    "content": {
                        kind: {"schema": {"$ref": "#/components/schemas/Mug"}}
                        for kind in ("application/json", "multipart/form-data")
                    }
                },
                "responses": {},
            }
        },
    },
}
# What the format (v2.1) asks of the parts that are used here.
PAIR = {
    "type": "object",
    "required": ["key", "value"],
    "properties": {"key": {"type": "string"}, "value": {"type": "string"}},
}
AUTH = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {"enum": ["bearer", "noauth"]},
        "bearer": {"type": "array", "items": PAIR},
    },
}
REQUEST = {
    "type": "object",
    "required": ["method", "url", "header"],
    "properties": {
        "method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]},
        "auth": AUTH,
        "header": {"type": "array", "items": PAIR},
        "url": {
            "type": "object",
            "required": ["raw", "host", "path"],
            "properties": {
                "raw": {"type": "string"},
                "host": {"type": "array", "items": {"type": "string"}},
                "path": {"type": "array", "items": {"type": "string"}},
                "query": {"type": "array", "items": PAIR},
                "variable": {"type": "array", "items": PAIR},
            },
            "additionalProperties": False,
        },
        "body": {
            "oneOf": [
                {"required": ["raw"], "properties": {"mode": {"const": "raw"}}},
                {
                    "required": ["formdata"],
                    "properties": {
                        "mode": {"const": "formdata"},
                        "formdata": {
                            "type": "array",
                            "items": {
                                "required": ["key", "type"],
                                "properties": {"type": {"enum": ["text", "file"]}},
                            },
                        },
                    },
                },
            ],
        },
    },
}
FORMAT = {
    "type": "object",
    "required": ["info", "item"],
    "properties": {
        "info": {"required": ["name", "schema"]},
        "auth": AUTH,
        "variable": {"type": "array", "items": PAIR},
        "item": {
            "type": "array",
            "items": {
                "required": ["name", "item"],
                "properties": {
                    "item": {
                        "type": "array",
                        "items": {
                            "required": ["name", "request", "response"],
                            "properties": {
                                "request": REQUEST,
                                "response": {
                                    "items": {
                                        "required": ["name", "code", "header", "body"],
                                        "properties": {
                                            "code": {"type": "integer"},
                                            "body": {"type": "string"},
                                        },
                                    }
                                },
                            },
                        },
                    }
                },
            },
        },
    },
}


def requests(folder: str) -> list[dict[str, Any]]:
    made = collection(SPEC, "http://box.local")
    found: list[dict[str, Any]] = next(
        each["item"] for each in made["item"] if each["name"] == folder
    )
    return found


def test_each_tag_with_requests_is_a_folder():
    made = collection(SPEC, "http://box.local")

    assert [folder["name"] for folder in made["item"]] == ["product", "jobs"]
    assert made["item"][0]["description"] == "Photos"
    assert made["variable"] == variables("http://box.local")
    assert made["auth"]["bearer"][0]["value"] == "{{key}}"


def test_a_path_variable_is_one_of_postmans():
    url = requests("jobs")[0]["request"]["url"]

    assert url["raw"] == "{{base}}/api/v1/jobs/:job"
    assert [each["key"] for each in url["variable"]] == ["job"]


def test_what_may_be_left_out_is_switched_off():
    request = requests("jobs")[0]["request"]

    assert [(each["key"], each["disabled"]) for each in request["header"]] == [("Prefer", True)]
    assert [(each["key"], each["value"]) for each in request["url"]["query"]] == [("wait", "0")]


def test_a_route_without_a_key_sends_none():
    assert requests("jobs")[0]["request"]["auth"] == {"type": "noauth"}
    assert "auth" not in requests("jobs")[1]["request"]


def test_a_form_with_a_file_has_parts():
    body = requests("product")[0]["request"]["body"]
    image, scale = body["formdata"]

    assert (image["type"], image["disabled"]) == ("file", False)
    assert (scale["value"], scale["disabled"]) == ("2", True)


def test_any_other_body_is_json():
    assert json.loads(requests("jobs")[1]["request"]["body"]["raw"]) == {"id": "text"}


def test_replies_are_shown_by_example():
    (shown,) = requests("jobs")[0]["response"]

    assert shown["code"] == 200
    assert json.loads(shown["body"]) == {"id": "text"}


@pytest.fixture
def published(tmp_path):
    with opened_box(tmp_path, catalogue=discover()) as box:
        yield create_app(box).test_client().get("/api/v1/postman").json


def test_the_boxs_own_collection_keeps_to_the_format(published):
    Draft202012Validator(FORMAT).validate(published)

    assert published["info"]["schema"].endswith("/v2.1.0/collection.json")
    names = {folder["name"] for folder in published["item"]}
    assert {"jobs", "wallet", "tools", "product", "studio", "native"} <= names
