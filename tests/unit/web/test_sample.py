from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from appliance.web.sample import Refs, sample

REFS = Refs({"components": {"schemas": {"Size": {"type": "integer", "minimum": 8}}}})
SIZE = {"$ref": "#/components/schemas/Size"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "examples": ["job_1"]}, "job_1"),
        ({"type": "string", "enum": ["png", "webp"]}, "png"),
        ({"const": True}, True),
        ({"type": "integer", "default": 4}, 4),
        ({"type": ["null", "integer"]}, None),
        ({"anyOf": [SIZE, {"type": "null"}]}, 8),
        ({"type": "array", "items": SIZE}, [8]),
        (SIZE, 8),
        ({}, {}),
        (
            {
                "type": "object",
                "properties": {"a": SIZE, "b": SIZE, "c": {"type": "boolean", "default": False}},
                "required": ["a"],
            },
            {"a": 8, "c": False},
        ),
    ],
)
def test_a_sample_is_plain_and_allowed(schema, value):
    found = sample(schema, REFS)

    assert found == value
    root = {**schema, **REFS.document}
    assert Draft202012Validator(root).is_valid(found)
